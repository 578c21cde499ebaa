import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { count, type Row } from './row.js';
import { markdownTable } from './table.js';
import { targets } from './target.js';

const file = fileURLToPath(new URL('README.md', import.meta.url));
const BEGIN = '<!-- table: written by `npm run evidence -- --save` -->';
const END = '<!-- end of table -->';

/** The table that README.md has, with the line under it. */
export function savedTable(): string {
    return split(readFileSync(file, 'utf8')).table.trim();
}

/** The table of these rows as README.md is to have it. */
export async function tableToSave(rows: readonly Row[]): Promise<string> {
    const text = `${markdownTable(rows, targets)}\n\n${count(rows, targets)}\n`;
    const formatted = await format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
    return formatted.trim();
}

export async function save(rows: readonly Row[]): Promise<void> {
    const { before, after } = split(readFileSync(file, 'utf8'));
    writeFileSync(file, `${before}\n\n${await tableToSave(rows)}\n\n${after}`);
}

function split(text: string): { readonly before: string; readonly table: string; readonly after: string } {
    const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table: the lines ${BEGIN} and ${END}.`);
    const start = begin + BEGIN.length;
    return { before: text.slice(0, start), table: text.slice(start, end), after: text.slice(end) };
}
