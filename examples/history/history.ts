import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
    createRedisBackend,
    createSessionHandler,
    exportHistory,
    readHistory,
    type HistoryOptions,
    type SessionBackend
} from '@mcp-sessions/sdk/server';
import type { Redis } from 'ioredis';

export function open(redis: Redis, buildServer: () => McpServer) {
    // #region keep
    const backend = createRedisBackend({ redis, history: { retentionSeconds: 30 * 24 * 3600 } });
    const sessions = createSessionHandler(() => buildServer(), { backend, history: { redact } });
    // #endregion keep
    return { backend, sessions };
}

// #region redact
const redact: HistoryOptions['redact'] = (message, { direction }) => {
    if ('method' in message && message.method === 'notifications/progress') return undefined; // not kept
    if ('method' in message && message.method === 'tools/call' && message.params?.name === 'login') message.params.arguments = '(hidden)';
    if ('result' in message && direction === 'out') delete message.result.structuredContent;
    return message;
};
// #endregion redact

export async function callsOf({ historyLog }: SessionBackend, sessionId: string): Promise<string[]> {
    const calls: string[] = [];
    if (!historyLog) return calls;
    // #region read
    for await (const entry of readHistory(historyLog, sessionId)) {
        if (!('message' in entry)) {
            calls.push(entry.event); // 'ended', 'dropped', 'trimmed'
        } else if ('method' in entry.message && entry.message.method === 'tools/call') {
            calls.push(`${entry.time} ${entry.direction} ${String(entry.message.params?.name)}`);
        }
    }
    // #endregion read
    return calls;
}

export async function save({ historyLog }: SessionBackend, sessionId: string, path: string): Promise<void> {
    if (!historyLog) return;
    // #region export
    await pipeline(Readable.from(exportHistory(historyLog, sessionId)), createWriteStream(path));
    // #endregion export
}
