/** What a README of an example says to run, and what it says to come of it. */
export interface Readme {
    /** The lines of a `sh` fence, by the name in the comment before it: `<!-- run NAME -->`. */
    commands: Map<string, string[]>;
    /** The `text` fence behind `<!-- output NAME -->`. */
    outputs: Map<string, string>;
    /** `sh` fences that neither are named nor say `<!-- not run: why -->`. */
    unmarked: string[];
}

const fence = /(?:<!-- (run|not run:|output) (.+?) -->\n+)?```(\w*)\n([^]*?)```/g;

export function parseReadme(text: string): Readme {
    const readme: Readme = { commands: new Map(), outputs: new Map(), unmarked: [] };
    for (const [, mark, name = '', language, body = ''] of text.matchAll(fence)) {
        if (mark === 'run') readme.commands.set(name, linesOf(body));
        else if (mark === 'output') readme.outputs.set(name, body.trimEnd());
        else if (language === 'sh' && mark === undefined) readme.unmarked.push(body.trimEnd());
    }
    return readme;
}

/** Commands as a shell takes them: without comments, and what goes on behind a backslash in one line. */
function linesOf(body: string): string[] {
    const lines = body.replaceAll(/ *\\\n */g, ' ').split('\n');
    return lines.map(line => line.replace(/(^|\s+)#\s.*$/, '').trim()).filter(Boolean);
}

/** What is another with every run. A longer pattern stands before one that is a part of it. */
const changing: [RegExp, string][] = [
    [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'],
    [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'DATE'],
    [/(127\.0\.0\.1|localhost):\d+/g, '$1:PORT'],
    [/\b(port"?:? )\d+/g, '$1PORT'],
    [/\b(pid:? )\d+/g, '$1PID'],
    [/\b[\d.]+ (ms|s)\b/g, 'TIME $1']
];

/** The same for two runs that say the same: without ids, ports, process ids and times. */
export function withoutChanging(output: string, more: [RegExp, string][] = []): string {
    const lines = [...more, ...changing].reduce((text, [pattern, word]) => text.replace(pattern, word), output).split('\n');
    return lines
        .map(line => line.trimEnd())
        .join('\n')
        .trim();
}
