import type { ChosenBackend } from '@mcp-sessions/backends';
import type { HistoryEntry } from '@mcp-sessions/core';
import { pause } from '../waiting.js';

/** How often it is looked for new messages, in milliseconds. */
const lookMs = 1000;

export interface MessageListener {
    /** @param at milliseconds since 1970, by the clock of the node */
    onentry(at: number, node: string, text: string, entry: Record<string, unknown>): void;
    /** Reading failed, and is tried again. */
    onerror(error: unknown): void;
}

/** Tells what is kept of a session's messages, and then what comes, until the signal. Never rejects. */
export async function followMessages(
    { historyLog }: ChosenBackend,
    sessionId: string,
    signal: AbortSignal,
    { onentry, onerror }: MessageListener
): Promise<void> {
    if (!historyLog) {
        onerror(new Error('this backend keeps none'));
    }
    const { readHistory } = await import('@mcp-sessions/core');
    let after: string | undefined;
    while (!signal.aborted) {
        try {
            for await (const entry of historyLog ? readHistory(historyLog, sessionId, after === undefined ? {} : { after }) : []) {
                after = entry.position;
                const { position: _position, ...rest } = entry;
                onentry(
                    'time' in entry ? Date.parse(entry.time) : Date.now(),
                    'node' in entry ? entry.node : '',
                    textOf(entry),
                    withoutTime(rest)
                );
            }
        } catch (error) {
            onerror(error);
        }
        await pause(lookMs, signal);
    }
}

function textOf(entry: HistoryEntry): string {
    if ('message' in entry) {
        return `${entry.direction === 'in' ? '→' : '←'} ${JSON.stringify(entry.message)}`;
    }
    switch (entry.event) {
        case 'ended':
            return `ended by ${entry.by === 'client' ? 'its client' : 'an operator'}`;
        case 'dropped':
            return `${entry.count} messages were not kept: ${entry.reason}`;
        case 'trimmed':
            return 'what stood before is not kept any more';
    }
}

function withoutTime({ time: _time, node: _node, ...rest }: Record<string, unknown>): Record<string, unknown> {
    return rest;
}
