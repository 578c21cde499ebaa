import { readFileSync } from 'node:fs';

/** The text of a file beside the module whose `import.meta.url` is given. */
export const textBeside = (moduleUrl: string, name: string): string => readFileSync(new URL(name, moduleUrl), 'utf8');

/**
 * Puts values in the place of `{{NAME}}`; further lines of a value are as indented as the line of the placeholder. Every
 * placeholder must have a value, and every value a placeholder.
 */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
    const unused = new Set(Object.keys(values));
    const filled = text.replace(/\{\{(\w+)\}\}/g, (_, name: string, offset: number) => {
        const value = values[name];
        if (value === undefined) throw new Error(`no value for {{${name}}}`);
        unused.delete(name);
        const line = text.slice(text.lastIndexOf('\n', offset) + 1, offset);
        return value.replace(/\n(?=[^\n])/g, `\n${/^[ \t]*/.exec(line)?.[0] ?? ''}`);
    });
    if (unused.size > 0) throw new Error(`no place for ${[...unused].join(', ')}`);
    return filled;
}
