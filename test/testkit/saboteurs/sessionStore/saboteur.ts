import { InMemorySessionStore, type SessionData, type SessionStore } from '@mcp-sessions/core';
import type { StoreLimits, StoreUnderTest } from '@mcp-sessions/testkit';
import { listOf, type Saboteur } from '../saboteur.js';

export type FullStore = Required<SessionStore>;
export type StoreSaboteur = Saboteur<StoreLimits, StoreUnderTest>;

/** Makes faults in a store that is right. Called once for all nodes; what it returns is called for each node. */
type PerNode = (store: InMemorySessionStore) => () => Partial<SessionStore>;

/** A saboteur whose nodes share the fault. */
export function saboteur(
    fault: string,
    caughtBy: string | readonly string[],
    faults: (store: InMemorySessionStore) => Partial<SessionStore>,
    changeLimits: (limits: StoreLimits) => StoreLimits = limits => limits
): StoreSaboteur {
    return onEachNode(
        fault,
        caughtBy,
        store => {
            const shared = faults(store);
            return () => shared;
        },
        changeLimits
    );
}

/** A saboteur that makes its fault for each node. */
export function onEachNode(
    fault: string,
    caughtBy: string | readonly string[],
    perNode: PerNode,
    changeLimits: (limits: StoreLimits) => StoreLimits = limits => limits
): StoreSaboteur {
    return {
        fault,
        caughtBy: listOf(caughtBy),
        open: async limits => {
            const store = new InMemorySessionStore(changeLimits(limits));
            const forNode = perNode(store);
            return { store: () => withFaults(store, forNode()), close: async () => undefined };
        }
    };
}

/** The store, with some methods replaced. */
export function withFaults(store: FullStore, faults: Partial<SessionStore>): SessionStore {
    return {
        ttlMs: store.ttlMs,
        storeSession: (...args) => store.storeSession(...args),
        getSession: id => store.getSession(id),
        updateSessionActivity: id => store.updateSessionActivity(id),
        deleteSession: id => store.deleteSession(id),
        sessionExists: id => store.sessionExists(id),
        getAndTouchSession: id => store.getAndTouchSession(id),
        createSession: (...args) => store.createSession(...args),
        updateSession: (...args) => store.updateSession(...args),
        listSessions: page => store.listSessions(page),
        close: () => store.close(),
        ...faults
    };
}

/** A store that keeps other records than it is given. */
export const storing = (change: (data: SessionData) => SessionData) => (store: FullStore) => ({
    storeSession: (id: string, data: SessionData) => store.storeSession(id, change(data))
});

/** A store that knows sessions by something else than their ids. */
export const known = (nameOf: (id: string) => string) => (store: FullStore) => ({
    storeSession: (id: string, data: SessionData) => store.storeSession(nameOf(id), data),
    getSession: (id: string) => store.getSession(nameOf(id)),
    deleteSession: (id: string) => store.deleteSession(nameOf(id)),
    sessionExists: (id: string) => store.sessionExists(nameOf(id))
});

/** A store whose counting knows sessions by another principal. */
export const counted = (principalOf: (data: SessionData) => string | undefined) => (store: FullStore) => ({
    createSession: (id: string, data: SessionData) => {
        const { principal: _, ...rest } = data;
        const principal = principalOf(data);
        return store.createSession(id, principal === undefined ? rest : { ...rest, principal });
    }
});

export const reparsed = (data: SessionData, change: (json: string) => string) => JSON.parse(change(JSON.stringify(data))) as SessionData;
