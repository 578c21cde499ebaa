import type { SessionCreation, SessionData } from '@mcp-sessions/core';
import { aRoundTrip } from '../saboteur.js';
import { saboteur, type StoreSaboteur } from './saboteur.js';

/** Stores whose optional methods are wrong: reading with a touch, creating and changing. */
export const fullSaboteurs: StoreSaboteur[] = [
    saboteur('the time to live is told in seconds', 'ttlMs', store => ({ ttlMs: store.ttlMs / 1000 })),
    saboteur('the time to live is always that of the default', 'ttlMs', () => ({ ttlMs: 3_600_000 })),
    saboteur('reading with a touch finds nothing', ['getAndTouchSession: the record', 'whatever nodes do'], () => ({
        getAndTouchSession: async () => null
    })),
    saboteur('reading with a touch finds what was deleted', 'getAndTouchSession: the record', store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, data);
                return store.storeSession(id, data);
            },
            getAndTouchSession: async id => records.get(id) ?? null
        };
    }),
    saboteur('reading with a touch creates a record', 'getAndTouchSession: the record', store => ({
        getAndTouchSession: async id => {
            const data = await store.getAndTouchSession(id);
            if (!data) await store.storeSession(id, { sessionId: id, initialized: false, createdAt: 0, lastActivity: 0 });
            return data;
        }
    })),
    saboteur('reading with a touch does not touch', ['getAndTouchSession: starts the time', 'lastActivity'], store => ({
        getAndTouchSession: id => store.getSession(id)
    })),
    saboteur('reading with a touch brings back what has expired', 'getAndTouchSession: null for what has expired', store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, data);
                return store.storeSession(id, data);
            },
            getAndTouchSession: async id => {
                const data = records.get(id);
                if (data) await store.storeSession(id, data);
                return data ?? null;
            }
        };
    }),
    saboteur('reading with a touch reads, and then stores', 'getAndTouchSession: at the moment of a delete', store => ({
        getAndTouchSession: async id => {
            const data = await store.getSession(id);
            await aRoundTrip();
            if (data) await store.storeSession(id, data);
            return data;
        }
    })),
    saboteur('when it was last used is what the node said', 'lastActivity', store => {
        const told = new Map<string, number>();
        return {
            storeSession: (id, data) => {
                told.set(id, data.lastActivity);
                return store.storeSession(id, data);
            },
            getSession: async id => {
                const data = await store.getSession(id);
                return data && { ...data, lastActivity: told.get(id) ?? 0 };
            }
        };
    }),
    saboteur('when it was last used is told in seconds', 'lastActivity', store => ({
        getSession: async id => {
            const data = await store.getSession(id);
            return data && { ...data, lastActivity: Math.floor(data.lastActivity / 1000) };
        }
    })),
    saboteur('a creation tells true or false', ['createSession: `created` where', 'createSession: `taken` where'], store => ({
        createSession: async (id, data) => ((await store.createSession(id, data)) === 'created') as unknown as SessionCreation
    })),
    saboteur('a creation stores nothing', 'createSession: `created` where', () => ({ createSession: async () => 'created' })),
    saboteur('a creation replaces what is there', ['createSession: `taken` where', 'whatever nodes do'], store => ({
        createSession: async (id, data) => {
            const creation = await store.createSession(id, data);
            if (creation === 'taken') await store.storeSession(id, data);
            return creation;
        }
    })),
    saboteur('a creation always succeeds', 'createSession: `taken` where', store => ({
        createSession: async (id, data) => {
            await store.storeSession(id, data);
            return 'created';
        }
    })),
    saboteur('a creation that is refused is a use of the session', 'createSession: one that is `taken`', store => ({
        createSession: async (id, data) => {
            const creation = await store.createSession(id, data);
            if (creation === 'taken') await store.updateSessionActivity(id);
            return creation;
        }
    })),
    saboteur('whether there is one is looked up first', 'createSession: of fifty', store => ({
        createSession: async (id, data) => {
            const isThere = await store.sessionExists(id);
            await aRoundTrip();
            if (isThere) return 'taken';
            await store.storeSession(id, data);
            return 'created';
        }
    })),
    saboteur('of several creations one succeeds, and the last record stays', 'createSession: of fifty', store => ({
        createSession: async (id, data) => {
            const creation = await store.createSession(id, data);
            await store.storeSession(id, data);
            return creation;
        }
    })),
    saboteur('an id is used once only', 'createSession: an id that was deleted', store => {
        const used = new Set<string>();
        return {
            createSession: async (id, data) => {
                if (used.has(id)) return 'taken';
                used.add(id);
                return store.createSession(id, data);
            }
        };
    }),
    saboteur('a session that only began lives as long as any', 'initializeTtlSeconds: a session that began', store => ({
        createSession: (id, data) => store.createSession(id, { ...data, initialized: true })
    })),
    ...(['updateSessionActivity', 'getAndTouchSession', 'updateSession', 'storeSession'] as const).map(name =>
        saboteur(`${name} leaves a session the time that it began with`, 'initializeTtlSeconds: a session that is used', store => {
            const begun = new Map<string, SessionData>();
            return {
                createSession: (id, data) => {
                    if (!data.initialized) begun.set(id, data);
                    return store.createSession(id, data);
                },
                [name]: async (id: string, data: SessionData, expected: number) => {
                    if (name === 'getAndTouchSession') return store.getSession(id);
                    if (name === 'storeSession' && !begun.has(id)) return store.storeSession(id, data);
                    return name === 'updateSession' && expected === 1;
                }
            };
        })
    ),
    saboteur('a session that is created begins, also one that is initialized', 'initializeTtlSeconds: a session that is used', store => ({
        createSession: (id, data) => store.createSession(id, { ...data, initialized: false })
    })),
    saboteur('a record that is stored begins, unless it is initialized', 'initializeTtlSeconds: a session that is used', store => ({
        storeSession: async (id, data) => {
            await store.deleteSession(id);
            await store.createSession(id, data);
        }
    })),
    saboteur('an update is mixed with what was there', ['updateSession: replaces the whole record', 'whatever nodes do'], store => ({
        updateSession: async (id, data, expected) => store.updateSession(id, { ...(await store.getSession(id)), ...data }, expected)
    })),
    saboteur('no update is made', 'updateSession: replaces the whole record', () => ({ updateSession: async () => false })),
    saboteur('every update is made', ['updateSession: false if its revision', 'whatever nodes do'], store => ({
        updateSession: async (id, data) => {
            const now = await store.getSession(id);
            return now !== null && store.updateSession(id, data, now.revision ?? 0);
        }
    })),
    saboteur('a later revision is as good', ['updateSession: false if its revision', 'whatever nodes do'], store => ({
        updateSession: async (id, data, expected) => {
            const revision = (await store.getSession(id))?.revision ?? 0;
            return revision <= expected && store.updateSession(id, data, revision);
        }
    })),
    saboteur('revisions are compared as texts that begin alike', 'updateSession: false if its revision', store => ({
        updateSession: async (id, data, expected) => {
            const revision = (await store.getSession(id))?.revision ?? 0;
            return String(expected).startsWith(String(revision)) && store.updateSession(id, data, revision);
        }
    })),
    saboteur('an update that is refused is a use of the session', 'updateSession: one that is refused', store => ({
        updateSession: async (id, data, expected) => {
            const done = await store.updateSession(id, data, expected);
            if (!done) await store.updateSessionActivity(id);
            return done;
        }
    })),
    saboteur('an update creates', ['updateSession: creates nothing', 'whatever nodes do'], store => ({
        updateSession: async (id, data, expected) => {
            if (await store.sessionExists(id)) return store.updateSession(id, data, expected);
            await store.storeSession(id, data);
            return true;
        }
    })),
    saboteur('an update of revision 0 creates', 'updateSession: creates nothing', store => ({
        updateSession: async (id, data, expected) =>
            expected === 0 && !(await store.sessionExists(id))
                ? (await store.createSession(id, data)) === 'created'
                : store.updateSession(id, data, expected)
    })),
    saboteur('an update brings back what has expired', 'updateSession: does not bring back', store => {
        const ids = new Set<string>();
        return {
            storeSession: (id, data) => {
                ids.add(id);
                return store.storeSession(id, data);
            },
            updateSession: async (id, data) => {
                if (ids.has(id)) await store.storeSession(id, data);
                return ids.has(id);
            }
        };
    }),
    saboteur('an update leaves the time to live as it is', 'updateSession: starts the time to live', () => ({
        updateSession: async () => true
    })),
    saboteur(
        'the revision is looked up first',
        ['updateSession: of fifty', 'updateSession: whoever reads', 'updateSession: at the moment of a delete'],
        store => ({
            updateSession: async (id, data, expected) => {
                const now = await store.getSession(id);
                await aRoundTrip();
                if ((now?.revision ?? 0) !== expected || !now) return false;
                await store.storeSession(id, data);
                return true;
            }
        })
    )
];
