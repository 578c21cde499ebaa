import type { SessionData } from '@mcp-sessions/core';
import { saboteur, type StoreSaboteur } from './saboteur.js';

const forEver = 600;

/** Stores in which sessions live for a wrong time. */
export const lifetimeSaboteurs: StoreSaboteur[] = [
    saboteur(
        'sessions never expire',
        ['ttl: a session that is not used', 'ttl: a session that was used expires', 'ttl: nothing brings back'],
        () => ({}),
        limits => ({ ...limits, ttlSeconds: forEver })
    ),
    saboteur('a session is used by getting it', 'ttl: a session that is not used', store => ({
        getSession: id => store.getAndTouchSession(id)
    })),
    saboteur('a session is used by asking for it', 'ttl: a session that is not used', store => ({
        sessionExists: async id => (await store.getAndTouchSession(id)) !== null
    })),
    saboteur('what has expired exists until it is cleaned up', 'ttl: a session that is not used', store => {
        const ids = new Set<string>();
        return {
            storeSession: (id, data) => {
                ids.add(id);
                return store.storeSession(id, data);
            },
            sessionExists: async id => ids.has(id)
        };
    }),
    saboteur('what has expired is read until it is cleaned up', 'ttl: a session that is not used', store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, data);
                return store.storeSession(id, data);
            },
            getSession: async id => records.get(id) ?? null
        };
    }),
    saboteur('a touch does nothing', 'ttl: every touch and every storing', () => ({ updateSessionActivity: async () => undefined })),
    saboteur('a record that is stored again lives as long as the one before', 'ttl: every touch and every storing', store => {
        const ids = new Set<string>();
        return {
            storeSession: async (id, data) => {
                if (!ids.has(id)) await store.storeSession(id, data);
                ids.add(id);
            }
        };
    }),
    saboteur('a session that was touched lives for ever', 'ttl: a session that was used expires', store => {
        const touched = new Map<string, SessionData | null>();
        return {
            updateSessionActivity: async id => void touched.set(id, await store.getSession(id)),
            getSession: async id => (await store.getSession(id)) ?? touched.get(id) ?? null
        };
    }),
    saboteur('a session that is stored again lives for ever', 'ttl: a session that was used expires', store => {
        const records = new Map<string, SessionData>();
        const again = new Set<string>();
        return {
            storeSession: (id, data) => {
                if (records.has(id)) again.add(id);
                records.set(id, data);
                return store.storeSession(id, data);
            },
            getSession: async id => (await store.getSession(id)) ?? (again.has(id) ? (records.get(id) ?? null) : null)
        };
    }),
    saboteur('a touch brings back what has expired', 'ttl: nothing brings back', store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, data);
                return store.storeSession(id, data);
            },
            updateSessionActivity: async id => {
                const data = records.get(id);
                if (data) await store.storeSession(id, data);
            },
            deleteSession: id => {
                records.delete(id);
                return store.deleteSession(id);
            }
        };
    }),
    saboteur('a new record is mixed with one that has expired', 'ttl: nothing brings back', store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, { ...records.get(id), ...data });
                return store.storeSession(id, records.get(id) ?? data);
            }
        };
    })
];
