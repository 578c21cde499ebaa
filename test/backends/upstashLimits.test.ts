import { UpstashEventLog, UpstashSessionStore } from '@mcp-sessions/upstash';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openUpstash, type OpenedUpstash } from './upstashKinds.js';
import { openNode } from './upstashNodes.js';

let upstash: OpenedUpstash;
beforeAll(async () => {
    upstash = await openUpstash();
});
afterAll(() => upstash.close());

/** A message of so many bytes of JSON, all of which are escaped once more within a request. */
function messageOf(bytes: number) {
    const message = (data: string) => ({ jsonrpc: '2.0' as const, method: 'm', params: { data } });
    const rest = bytes - JSON.stringify(message('')).length;
    return message('"'.repeat(Math.floor(rest / 2)) + 'x'.repeat(rest % 2));
}

describe('what the service takes', () => {
    it('B2: the longest event that is kept fits into a request, whatever is in it', async () => {
        const log = new UpstashEventLog({ redis: upstash.client(), keyPrefix: upstash.prefix() });
        const message = messageOf(log.maxEventBytes ?? 0);
        expect(JSON.stringify(message)).toHaveLength(4 * 1024 * 1024);
        expect(await log.append('id', [{ streamId: 's', message }])).toEqual([expect.any(String)]);
        expect((await log.read('id', 's', { since: '' }, 10))?.events.map(event => event.message)).toEqual([message]);
    });

    it('B2: events that together are longer than a request go in several', async () => {
        const log = new UpstashEventLog({ redis: upstash.client(), keyPrefix: upstash.prefix() });
        const events = Array.from({ length: 8 }, () => ({ streamId: 's', message: messageOf(1_500_000) }));
        const positions = await log.append('id', events);
        expect(new Set(positions.filter(position => position !== null)).size).toBe(8);
    });

    it('P6: a record that is longer than maxRecordLength is refused before it is sent', async () => {
        const store = new UpstashSessionStore({ redis: upstash.client(), keyPrefix: upstash.prefix(), maxRecordLength: 1000 });
        const record = { sessionId: 'id', initialized: true, createdAt: 1, lastActivity: 1, metadata: { note: 'x'.repeat(1000) } };
        upstash.rest.take();
        await expect(store.storeSession('id', record)).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
        expect(upstash.rest.take().requests).toBe(0);
    });

    it('L2: a result that is too long for the log reaches the client that is there', async () => {
        const node = await openNode(
            { redis: upstash.client(), keyPrefix: upstash.prefix(), maxEventBytes: 2000 },
            { storeTimeoutMs: 20_000 }
        );
        try {
            const wire = node.wire();
            await wire.begin();
            expect(await wire.tool('echo', { text: 'x'.repeat(5000) })).toHaveLength(5000);
            expect(await wire.tool('echo', { text: 'short' })).toBe('short');
        } finally {
            await node.close();
        }
    });

    it('refuses options that make no sense', () => {
        const redis = upstash.client();
        for (const maxEventBytes of [0, -1, 1.5, NaN]) expect(() => new UpstashEventLog({ redis, maxEventBytes })).toThrow(RangeError);
        expect(() => new UpstashSessionStore({ redis, ttlSeconds: 0 })).toThrow(RangeError);
        expect(() => new UpstashSessionStore({ redis: {} as never })).toThrow(/@upstash\/redis or @vercel\/kv/);
    });
});
