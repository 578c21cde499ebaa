import { styleText } from 'node:util';
import type { Row } from './row.js';
import type { Target } from './target.js';

const GAP = '  ';
// Together with the gaps 120.
const WIDTHS = [6, 30, 24, 28, 24] as const;

/** The table in columns of text, for a terminal of 120. */
export function textTable(rows: readonly Row[], targets: readonly Target[], coloured: boolean): string {
    const rule = paint('dim', WIDTHS.map(width => '─'.repeat(width)).join(GAP), coloured);
    const head = lines(headOf(targets), coloured, 'bold');
    const body = rows.map(row => lines(cellsOf(row), coloured));
    return [head, ...body].join(`\n${rule}\n`);
}

/** The table in Markdown. */
export function markdownTable(rows: readonly Row[], targets: readonly Target[]): string {
    const head = headOf(targets);
    const all = [head, head.map(() => '---'), ...rows.map(cellsOf)];
    return all.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('_', '\\_')).join(' | ')} |`).join('\n');
}

function headOf(targets: readonly Target[]): string[] {
    return ['change', 'situation', 'expected', ...targets.map(({ title }) => title)];
}

function cellsOf({ situation, changes, expected, observed }: Row): string[] {
    const [first, second] = [observed['1.x'], observed['2.x']];
    const seen = [first, second.text === first.text ? { ...second, text: 'the same' } : second];
    return [changes.join(', ') || '–', situation, expected, ...seen.map(({ text, asExpected }) => `${asExpected ? '✓' : '✗'} ${text}`)];
}

type Style = 'bold' | 'dim' | 'green' | 'red';

function lines(cells: readonly string[], coloured: boolean, style?: Style): string {
    const wrapped = cells.map((cell, column) => wrap(cell, WIDTHS[column] ?? 0));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
        wrapped
            .map((parts, column) => {
                const text = (parts[line] ?? '').padEnd(WIDTHS[column] ?? 0);
                return paint(style ?? styleOf(cells[column] ?? ''), text, coloured);
            })
            .join(GAP)
            .trimEnd()
    ).join('\n');
}

function paint(style: Style | undefined, text: string, coloured: boolean): string {
    return style === undefined || !coloured ? text : styleText(style, text);
}

function styleOf(cell: string): Style | undefined {
    if (cell.startsWith('✓')) return 'green';
    return cell.startsWith('✗') ? 'red' : undefined;
}

/** Breaks a text at spaces; a word that is too long is cut. */
function wrap(text: string, width: number): string[] {
    const wrapped = [''];
    for (const word of text.split(' ').flatMap(long => long.match(new RegExp(`.{1,${width}}`, 'g')) ?? [''])) {
        const last = wrapped.at(-1) ?? '';
        if (last === '') wrapped[wrapped.length - 1] = word;
        else if (last.length + 1 + word.length <= width) wrapped[wrapped.length - 1] = `${last} ${word}`;
        else wrapped.push(word);
    }
    return wrapped;
}
