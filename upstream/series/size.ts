import type { Change } from './change.js';
import { countLines } from './countLines.js';

/** Lines, as a reviewer counts them: a changed line is one added and one removed. */
export interface Lines {
    readonly added: number;
    readonly removed: number;
}

/** The lines of a change: its sources, with their comments; its tests; documents and the like. */
export interface Size {
    readonly source: Lines;
    readonly test: Lines;
    readonly docs: Lines;
}

type Texts = ReadonlyMap<string, { readonly before: string; readonly after: string }>;

/** What one change adds to those before it. */
export function sizeOf(before: Texts, after: Texts): Size {
    const size = { source: { added: 0, removed: 0 }, test: { added: 0, removed: 0 }, docs: { added: 0, removed: 0 } };
    for (const [path, texts] of after) {
        const { added, removed } = countLines(before.get(path)?.after ?? texts.before, texts.after);
        const lines = size[kindOf(path)];
        lines.added += added;
        lines.removed += removed;
    }
    return size;
}

/** Whether nothing was changed. */
export const isNothing = ({ source, test, docs }: Size): boolean =>
    [source, test, docs].every(({ added, removed }) => added + removed === 0);

/** Whether a change is larger than it may be. */
export const isTooLarge = ({ limit = 60 }: Change, { source }: Size): boolean => limit !== false && source.added > limit;

function kindOf(path: string): keyof Size {
    if (/(^|\/)test\/|\.test\.ts$/.test(path)) return 'test';
    return path.endsWith('.md') ? 'docs' : 'source';
}
