/**
 * Stands before every text that a script answers. Clients take what they get for JSON, unless they are told not to: `"7"`
 * would come back as a number, `"null"` as nothing. No text that begins like this is JSON.
 */
export const mark = "'";

/**
 * An answer of a marked script, as the script gave it.
 *
 * @throws Error for what no such script answers: some clients put the reason of an aborted request in the place of an answer.
 */
export function unmarked(answer: unknown): unknown {
    if (answer === null || typeof answer === 'number') {
        return answer;
    }
    if (typeof answer === 'string' && answer.startsWith(mark)) {
        return answer.slice(mark.length);
    }
    if (Array.isArray(answer)) {
        return answer.map(unmarked);
    }
    throw new Error('Upstash did not answer what the script returned');
}

/** What clients put before the server's message, and behind it: the command, with all that is in it. */
const prefix = /^Command (?:\d+ \[ \w+ \] )?failed: /;
const suffix = /, command was: .*$/s;

/**
 * What an error says without what was sent or received. The message of the server comes first, so that it begins with the
 * server's code.
 */
export function withoutData(error: unknown): Error {
    const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
    if (name === 'UpstashJSONParseError') {
        return new Error('Upstash, or something on the way to it, answered what is no JSON');
    }
    if (name === 'UpstashError') {
        return new Error(message.replace(suffix, '').replace(prefix, ''));
    }
    const { code } = (cause ?? error) as { code?: unknown };
    return Object.assign(new Error(message), { name, ...(typeof code === 'string' && { code }) });
}
