import type { HistoryEntry, HistoryMessage } from '@mcp-sessions/core';

/** All that there is to read. */
export async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
    const read: T[] = [];
    for await (const entry of entries) read.push(entry);
    return read;
}

/** An entry in a word or two: `in tools/call`, `out result`, `ended by client`. */
export function word(entry: HistoryEntry): string {
    if ('message' in entry) return `${entry.direction} ${kindOf(entry)}`;
    if (entry.event === 'trimmed') return 'trimmed';
    return entry.event === 'ended' ? `ended by ${entry.by}` : `dropped ${entry.count} ${entry.reason}`;
}

export const words = (entries: readonly HistoryEntry[]) => entries.map(word);

export const messagesOf = (entries: readonly HistoryEntry[]): HistoryMessage[] =>
    entries.filter((entry): entry is HistoryMessage => 'message' in entry);

function kindOf({ message }: HistoryMessage): string {
    if ('method' in message) return message.method;
    return 'error' in message ? `error ${message.error.code}` : 'result';
}

/** What a message holds of a text, for counting. */
export const holding = (entries: readonly HistoryEntry[], text: string) =>
    entries.filter(entry => JSON.stringify(entry).includes(text)).map(word);
