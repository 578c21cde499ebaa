import type { SessionData, SessionLimits, SessionStore } from '@mcp-sessions/core';
import type { Clause, Closable } from '../contract.js';
import { expect, Unmet } from '../expect.js';
import { pause } from '../waitFor.js';
import { settings } from '../settings.js';

/** Limits that a clause asks for. What it leaves out is so high that the clause cannot reach it. */
export type StoreLimits = SessionLimits;

/** The same for a store of five methods. */
export type CustomStoreLimits = Pick<SessionLimits, 'ttlSeconds'>;

/** A store, as `open` gives it. */
export interface StoreUnderTest extends Closable {
    /** The store as one more node has it. All of one backend hold the same sessions. */
    store(): SessionStore;
}

/** A clause for any store. */
export type CustomStoreClause = Clause<CustomStoreLimits, StoreUnderTest>;
/** A clause for a store that has all methods. */
export type StoreClause = Clause<StoreLimits, StoreUnderTest>;

/** Whether it can be listed, the clauses about that ask. */
export type FullStore = Required<Omit<SessionStore, 'listSessions'>> & Pick<SessionStore, 'listSessions'>;

const methods = ['getAndTouchSession', 'createSession', 'updateSession', 'close'] as const;

/** The store, which must have all methods but the one that lists. */
export function full(store: SessionStore): FullStore {
    for (const name of methods) {
        if (typeof store[name] !== 'function') {
            throw new Unmet(
                `the store has no ${name}; for a store of the five methods alone there is \`customStoreContract\``,
                name,
                undefined
            );
        }
    }
    return store as FullStore;
}

/** The store of two nodes, with all methods. */
export async function openTwo(open: Parameters<StoreClause['run']>[0], limits?: StoreLimits): Promise<[FullStore, FullStore]> {
    const backend = await open(limits);
    return [full(backend.store()), full(backend.store())];
}

let ids = 0;

/** A session id that no other clause has. */
export function newId(): string {
    return `session-${++ids}`;
}

export function recordOf(sessionId: string, extra: Partial<SessionData> = {}): SessionData {
    return {
        sessionId,
        initialized: true,
        createdAt: Date.now(),
        lastActivity: Date.now(),
        revision: 1,
        protocolVersion: '2025-11-25',
        initializeParams: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'client', version: '1' } },
        ...extra
    };
}

/** A record but for the time of its last use, which a store may keep by itself. */
export function withoutActivity(data: SessionData | null): Omit<SessionData, 'lastActivity'> | null {
    if (data === null) {
        return null;
    }
    const { lastActivity: _, ...rest } = data;
    return rest;
}

/** The record is there, as it was given. */
export async function expectRecord(store: SessionStore, id: string, record: SessionData, what = 'the record'): Promise<void> {
    expect(withoutActivity(await store.getSession(id)), what).toEqual(withoutActivity(record));
    expect(await store.sessionExists(id), `${what}, by sessionExists`).toBe(true);
}

/** There is none, whoever asks. */
export async function expectNone(store: SessionStore, id: string, what = 'the record'): Promise<void> {
    expect(await store.getSession(id), what).toBeNull();
    expect(await store.sessionExists(id), `${what}, by sessionExists`).toBe(false);
    if (store.getAndTouchSession) {
        expect(await store.getAndTouchSession(id), `${what}, by getAndTouchSession`).toBeNull();
    }
}

/** How a session is used, by the name that a failure gives it. */
export type Uses = Record<string, (store: SessionStore, id: string) => Promise<unknown>>;

/**
 * Uses sessions all the time until one that is not used has expired; then all that were used must be there. `begin` makes a
 * session, and by its end all have begun to live.
 */
export async function expectUseKeeps(nodes: readonly [SessionStore, SessionStore], ttlMs: number, uses: Uses): Promise<void> {
    const [a, b] = nodes;
    const { patienceMs } = settings();
    // A pause that is too long, of this process or of its machine, makes a round void.
    for (let round = 1, isVoid = true; isVoid; round++) {
        expect(round, 'rounds in which nothing stalled').toBeBelow(10);
        const unused = newId();
        const used = Object.entries(uses).map(([name, use]) => ({ name, use, id: newId() }));
        await Promise.all([unused, ...used.map(({ id }) => id)].map(id => a.storeSession(id, recordOf(id))));
        isVoid = false;
        const began = performance.now();
        let usedAt = began;
        while (await a.sessionExists(unused)) {
            expect(performance.now() - began, 'milliseconds until a session that is not used expires').toBeBelow(patienceMs);
            await Promise.all(used.map(({ use, id }) => use(b, id)));
            await pause(40);
            isVoid ||= performance.now() - usedAt > ttlMs / 2;
            usedAt = performance.now();
        }
        const left = await Promise.all(used.map(({ id }) => a.sessionExists(id)));
        isVoid ||= performance.now() - usedAt > ttlMs / 2;
        for (const [index, { name }] of used.entries()) {
            expect(isVoid || left[index], `a session used by ${name} is there`).toBe(true);
        }
    }
}
