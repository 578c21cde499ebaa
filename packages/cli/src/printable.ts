/** What moves the cursor, changes colours or turns the direction of writing: in the name of a client it could forge lines. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** As JSON writes it, so that JSON stays what it is. */
const escaped = (character: string) =>
    character
        .split('')
        .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('');

/** Text of others, in one line that a terminal shows as it is. */
export function printable(text: string): string {
    return text.replace(unsafe, escaped);
}

/** The same of lines: ends of lines stay. */
export function printableLines(text: string): string {
    return text.split('\n').map(printable).join('\n');
}

/** JSON in which nothing stands that a terminal would take for more than text. */
export function safeJson(value: unknown, indent?: number): string {
    return printableLines(JSON.stringify(value, undefined, indent));
}

/** Cut to so many characters, of which the last says that there were more. */
export function shortened(text: string, most: number): string {
    const characters = [...text];
    return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** Where a URL has a user, a password or a token. Drivers are not to put one into an error; this is for the case that one does. */
const credentials = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi;

/** How a token stands in a request. */
const bearer = /\bBearer\s+[^\s"']+/gi;

/** The first line of what an error says, without what a URL in it would give away. */
export function reasonOf(error: unknown): string {
    const { message, code, errors } = (error ?? {}) as { message?: unknown; code?: unknown; errors?: readonly unknown[] };
    // Several addresses that were tried make an error without a message.
    const parts: unknown[] = [message, (errors?.[0] as Error | undefined)?.message, code];
    const text = parts.filter(part => typeof part === 'string').find(part => part !== '') ?? 'no reason given';
    return printable(withoutCredentials(text).split('\n', 1)[0] ?? '');
}

export function withoutCredentials(text: string): string {
    return text.replace(credentials, '$1***@').replace(bearer, 'Bearer ***');
}
