import { randomUUID } from 'node:crypto';
import type { SessionData } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { storeKinds, type OpenedStores } from './stores.js';

function recordOf(sessionId: string, extra: Partial<SessionData> = {}): SessionData {
    return {
        sessionId,
        initialized: false,
        createdAt: Date.now(),
        lastActivity: Date.now(),
        revision: 1,
        protocolVersion: '2025-11-25',
        initializeParams: { clientInfo: { name: 'ü', version: '1' } },
        ...extra
    };
}

describe.each(storeKinds)('SessionStore: $name', ({ open }) => {
    let stores: OpenedStores;
    beforeAll(async () => {
        stores = await open();
    });
    afterAll(() => stores.close());

    it('returns what was stored, and null for what was not', async () => {
        const store = stores.make();
        const record = recordOf('a');
        await store.storeSession('a', record);
        expect(await store.getSession('a')).toEqual({ ...record, lastActivity: expect.any(Number) as number });
        expect(await store.sessionExists('a')).toBe(true);
        expect(await store.getSession('b')).toBeNull();
        expect(await store.getAndTouchSession?.('b')).toBeNull();
        expect(await store.sessionExists('b')).toBe(false);
    });

    it('S11: deletes for good: neither a touch nor an update brings a record back', async () => {
        const store = stores.make();
        await store.storeSession('a', recordOf('a'));
        await store.deleteSession('a');
        await store.deleteSession('a');
        await store.updateSessionActivity('a');
        expect(await store.updateSession?.('a', recordOf('a', { revision: 2 }), 1)).toBe(false);
        expect(await store.getAndTouchSession?.('a')).toBeNull();
        expect(await store.getSession('a')).toBeNull();
    });

    it('creates only where there is nothing', async () => {
        const store = stores.make();
        expect(await store.createSession?.('a', recordOf('a', { logLevel: 'first' }))).toBe('created');
        expect(await store.createSession?.('a', recordOf('a', { logLevel: 'second' }))).toBe('taken');
        expect(await store.getSession('a')).toMatchObject({ logLevel: 'first' });
    });

    it('updates only the revision that was expected', async () => {
        const store = stores.make();
        await store.storeSession('a', recordOf('a', { revision: 4 }));
        expect(await store.updateSession?.('a', recordOf('a', { revision: 5, logLevel: 'x' }), 3)).toBe(false);
        expect(await store.updateSession?.('a', recordOf('a', { revision: 5, logLevel: 'y' }), 4)).toBe(true);
        expect(await store.updateSession?.('a', recordOf('a', { revision: 5, logLevel: 'z' }), 4)).toBe(false);
        expect(await store.getSession('a')).toMatchObject({ revision: 5, logLevel: 'y' });
    });

    it('lets exactly one of many updates at once through', async () => {
        const store = stores.make();
        await store.storeSession('a', recordOf('a'));
        const outcomes = await Promise.all(
            Array.from({ length: 20 }, async () => store.updateSession?.('a', recordOf('a', { revision: 2, logLevel: randomUUID() }), 1))
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
    });

    it('S12: a session that is used lives on, one that is not expires', async () => {
        const store = stores.make({ ttlSeconds: 0.4 });
        expect(store.ttlMs).toBe(400);
        await Promise.all(['touched', 'read', 'idle'].map(id => store.storeSession(id, recordOf(id))));
        // Whether the idle one is gone is asked without extending it; meanwhile the others are used all the time.
        await vi.waitFor(
            async () => {
                await store.updateSessionActivity('touched');
                await store.getAndTouchSession?.('read');
                expect(await store.getSession('idle')).toBeNull();
            },
            { interval: 50, timeout: 5000 }
        );
        expect(await store.sessionExists('touched')).toBe(true);
        expect(await store.sessionExists('read')).toBe(true);
        await vi.waitFor(async () => expect(await store.sessionExists('touched')).toBe(false), { interval: 50, timeout: 5000 });
    });

    it('tells when a session was last used', async () => {
        const store = stores.make();
        await store.storeSession('a', recordOf('a', { lastActivity: 1 }));
        const before = Date.now();
        await store.updateSessionActivity('a');
        const data = await store.getSession('a');
        // Redis tells times in whole milliseconds and by its own clock.
        expect(data?.lastActivity).toBeGreaterThanOrEqual(before - 50);
        expect(data?.lastActivity).toBeLessThanOrEqual(Date.now() + 50);
    });

    it('keeps sessions apart whose ids differ in anything', async () => {
        const store = stores.make();
        const ids = ['a', 'A', 'a:b', '{a}', 'a}{b', '*', '__proto__', '~'.repeat(1024)];
        await Promise.all(ids.map(id => store.storeSession(id, recordOf(id))));
        for (const id of ids) {
            expect((await store.getSession(id))?.sessionId).toBe(id);
        }
    });

    it('may be closed twice', async () => {
        const store = stores.make();
        await store.close?.();
        await store.close?.();
    });
});
