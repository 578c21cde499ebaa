import type { EventLog } from '../ports/eventLog.js';
import { entryOf, historyNameOf, historyStream, type HistoryEntry, type NewHistoryEntry } from './entry.js';
import { SeenNumbers } from './seenNumbers.js';

/** Entries that are asked for at a time. */
const pageSize = 200;
/** How often a history may be trimmed under the eyes of its reader. */
const mostTrims = 100;
/** One that holds no stream: asking to take it from this one only tells where the log begins. */
const nobody = 'nobody';

export interface ReadHistoryOptions {
    /** The position of an entry: what stands behind it is read. @default from the beginning */
    after?: string | undefined;
}

/**
 * A session's history, in the order in which it was written: that of each node is in its order, and those of several as
 * they came to the store. Ends with what there is when the end is reached; to see more, read on `after` the last position.
 *
 * Of a session that nobody knows there is no entry. Where entries have been trimmed, or `after` is a position that was or
 * that never existed, the first entry is `{ event: 'trimmed' }`. Reading rejects when the store is out of order.
 *
 * ```ts
 * for await (const entry of readHistory(backend.historyLog, sessionId)) {
 *     if ('message' in entry) console.log(entry.time, entry.direction, entry.message);
 * }
 * ```
 */
export async function* readHistory(
    log: EventLog,
    sessionId: string,
    { after = '' }: ReadHistoryOptions = {}
): AsyncGenerator<HistoryEntry, void, undefined> {
    const name = await historyNameOf(sessionId);
    let [since, seen] = SeenNumbers.from(after);
    let trims = 0;
    for (let hasMore = true; hasMore; ) {
        const page = await log.read(name, historyStream, { since }, pageSize);
        if (!page) {
            if (++trims > mostTrims) {
                throw new Error('The history is trimmed faster than it can be read');
            }
            since = await beginningOf(log, name);
            // What was had of another history, or before a loss, must not hide what is there.
            seen = new SeenNumbers();
            yield { event: 'trimmed', position: since };
            continue;
        }
        for (const event of page.events) {
            const entry = entryOf(event.message);
            if (entry && seen.isNew(entry.node, entry.number)) {
                yield withPosition(entry, seen.positionAt(event.position));
            }
        }
        since = page.position;
        hasMore = page.more;
    }
}

/** The history as JSON lines: one entry each, with its line break. See {@link readHistory}. */
export async function* exportHistory(
    log: EventLog,
    sessionId: string,
    options?: ReadHistoryOptions
): AsyncGenerator<string, void, undefined> {
    for await (const entry of readHistory(log, sessionId, options)) {
        yield `${JSON.stringify(entry)}\n`;
    }
}

/** Where a log begins of which something was trimmed. What is left of it may live on for as long again; its entries have their age. */
async function beginningOf(log: EventLog, name: string): Promise<string> {
    const { kept } = await log.claim(name, historyStream, nobody, { ifHeldBy: nobody });
    return kept;
}

function withPosition({ number: _, ...entry }: NewHistoryEntry, position: string): HistoryEntry {
    return { position, ...entry };
}
