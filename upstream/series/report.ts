import type { Applied } from './applyChanges.js';
import type { Lines } from './size.js';

/** What was done, for a terminal. */
export function describe({ branch, applied, present }: Applied): string {
    const rows = applied.map(({ change, size }) => [
        `${change.id}  ${change.title}`,
        lines(size.source),
        lines(size.test),
        lines(size.docs)
    ]);
    return [
        `Put into the clone (${branch}):`,
        '',
        ...table([['change', 'source', 'tests', 'docs'], ...rows]),
        ...present.map(({ id }) => `${id} was in already, and others are built on it.`)
    ].join('\n');
}

const lines = ({ added, removed }: Lines): string => (added + removed === 0 ? '' : `+${added} −${removed}`);

function table(rows: readonly (readonly string[])[]): string[] {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
    return rows.map(row =>
        row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()
    );
}
