import { randomUUID } from 'node:crypto';
import { InMemoryEventLog, InMemorySessionStore, type EventLog, type SessionData, type SessionStore } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from './support/backends/backend.js';
import { backends } from './support/backends/kinds.js';
import { Fixture } from './support/fixture.js';

/** Calls that are under way at the same time; drivers send them together where they can. */
const LANES = 200;

/** `ABANDONED_SESSIONS=100000` has as many stored everywhere. */
const { ABANDONED_SESSIONS } = process.env;
const sizeOf = (usual: number) => Number(ABANDONED_SESSIONS ?? usual);

const record = (sessionId: string, n: number): SessionData => ({
    ...{ sessionId, initialized: false, createdAt: Date.now(), lastActivity: Date.now(), schemaVersion: 1, revision: 1 },
    ...{ protocolVersion: '2025-11-25', initializeParams: { capabilities: {} } },
    ...(n % 2 === 0 && { principal: `principal ${n % 100}` })
});

/** Begins sessions that nobody uses; one in fifty has sent and been sent something before. */
async function abandonAll(store: SessionStore, log: EventLog, count: number): Promise<void> {
    let next = 0;
    const lane = async () => {
        while (next < count) {
            const n = next++;
            const sessionId = randomUUID();
            if ((await store.createSession?.(sessionId, record(sessionId, n))) !== 'created') throw new Error('A session did not begin');
            if (n % 50 > 0) continue;
            await store.updateSession?.(sessionId, { ...record(sessionId, n), initialized: true, revision: 2 }, 1);
            await log.claim(sessionId, 'standalone', 'reader');
            const message = { jsonrpc: '2.0' as const, method: 'notifications/message', params: {} };
            expect(await log.append(sessionId, [{ streamId: 'standalone', message }])).toEqual([expect.any(String)]);
        }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
}

describe('what abandoned sessions leave in a store', { timeout: Math.max(240_000, 5 * sizeOf(0)) }, () => {
    it(`B1: nothing of ${sizeOf(100_000)} in memory after their time`, async () => {
        const clock = vi.useFakeTimers({ toFake: ['Date'] });
        const store = new InMemorySessionStore({ ttlSeconds: 60 });
        await abandonAll(store, new InMemoryEventLog({ ttlSeconds: 60 }), sizeOf(100_000));
        expect(store.size).toBe(sizeOf(100_000));
        clock.advanceTimersByTime(60_000);
        expect(store.size).toBe(0);
        clock.useRealTimers();
    });

    const sizes: Record<string, number> = { Redis: sizeOf(100_000), Postgres: sizeOf(100_000), Upstash: sizeOf(10_000) };
    describe.each(backends.map(kind => ({ kind, name: kind.name, count: sizes[kind.name] ?? 0 })))('on $name', ({ kind, count }) => {
        let backend: Backend;
        beforeAll(async () => {
            backend = await kind.open();
        });
        afterAll(() => backend.close());

        it(`B1: of ${count} nothing lacks a time to live, and after it nothing is left`, async () => {
            const ttlSeconds = 5;
            const store = backend.sessionStore({ ttlSeconds, initializeTtlSeconds: ttlSeconds });
            const log = backend.eventLog({ ttlSeconds });
            let looks = 0;
            // In between there is what is being written, and what is expiring.
            let isOver = false;
            const looking = (async () => {
                while (!isOver) {
                    const { immortal, records } = await backend.kept();
                    expect(immortal).toEqual([]);
                    if (records > 100) looks++;
                    await new Promise(resolve => setTimeout(resolve, 1000));
                }
            })();
            try {
                await abandonAll(store, log, count);
            } finally {
                isOver = true;
                await looking;
            }
            expect(looks).toBeGreaterThan(0);
            const isEmpty = async () => {
                await backend.sweep();
                const { total, immortal } = await backend.kept();
                expect(immortal).toEqual([]);
                return total === 0;
            };
            await Fixture.until('nothing is left', isEmpty, 60_000);
        });
    });
});
