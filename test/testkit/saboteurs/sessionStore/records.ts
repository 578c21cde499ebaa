import type { SessionData } from '@mcp-sessions/core';
import { aRoundTrip } from '../saboteur.js';
import { known, onEachNode, reparsed, saboteur, storing, withFaults, type StoreSaboteur } from './saboteur.js';
import { InMemorySessionStore } from '@mcp-sessions/core';

const kept: readonly (keyof SessionData)[] = [
    'sessionId',
    'initialized',
    'createdAt',
    'lastActivity',
    'metadata',
    'revision',
    'protocolVersion',
    'initializeParams',
    'logLevel',
    'subscriptions',
    'principal'
];

/** Stores that keep records wrongly. */
export const recordSaboteurs: StoreSaboteur[] = [
    onEachNode('each node has sessions of its own', ['storeSession: a record that is stored', 'whatever nodes do'], () => () => {
        const own = new InMemorySessionStore();
        return withFaults(own, {});
    }),
    saboteur('nothing is undefined, not null', ['storeSession: a record that is stored', 'whatever nodes do'], store => ({
        getSession: async id => (await store.getSession(id)) ?? (undefined as unknown as null)
    })),
    saboteur('every session exists', ['storeSession: a record that is stored', 'updateSessionActivity: creates nothing'], () => ({
        sessionExists: async () => true
    })),
    saboteur('a record that is stored again is mixed with the one before', ['storeSession: replaces', 'whatever nodes do'], store => ({
        storeSession: async (id, data) => store.storeSession(id, { ...(await store.getSession(id)), ...data })
    })),
    saboteur('the first record stays', 'storeSession: replaces', store => ({
        storeSession: async (id, data) => {
            if (!(await store.sessionExists(id))) await store.storeSession(id, data);
        }
    })),
    saboteur('a zero in a text is refused, as jsonb does', 'storeSession: a record comes back', store => ({
        storeSession: async (id, data) => {
            if (JSON.stringify(data).includes('\\u0000')) throw new Error('unsupported Unicode escape sequence');
            await store.storeSession(id, data);
        }
    })),
    saboteur(
        'text that is not ASCII is spoilt',
        'storeSession: a record comes back',
        storing(data => reparsed(data, json => json.replace(/[^\x20-\x7e]/g, '?')))
    ),
    saboteur(
        'an empty list comes back as an empty object, as Lua has it',
        'storeSession: a record comes back',
        storing(data => reparsed(data, json => json.replaceAll('[]', '{}')))
    ),
    saboteur(
        'what is null is left out',
        'storeSession: a record comes back',
        storing(data => JSON.parse(JSON.stringify(data), (_, value: unknown) => value ?? undefined) as SessionData)
    ),
    saboteur(
        'numbers have fifteen digits',
        'storeSession: a record comes back',
        storing(
            data =>
                JSON.parse(JSON.stringify(data), (_, value: unknown) =>
                    typeof value === 'number' ? Number(value.toPrecision(15)) : value
                ) as SessionData
        )
    ),
    saboteur('records are cut', 'storeSession: a record comes back', store => ({
        storeSession: async (id, data) => store.storeSession(id, JSON.stringify(data).length > 10_000 ? { ...data, metadata: {} } : data)
    })),
    saboteur(
        'fields have a column each, and others are lost',
        'storeSession: fields that the store does not know',
        storing(data => Object.fromEntries(kept.flatMap(name => (name in data ? [[name, data[name]]] : []))) as unknown as SessionData)
    ),
    saboteur('the record itself is kept', 'storeSession: what is changed in a record', store => {
        const own = new Map<string, SessionData>();
        return {
            storeSession: async (id, data) => {
                own.set(id, data);
                await store.storeSession(id, data);
            },
            getSession: async id => ((await store.sessionExists(id)) ? (own.get(id) ?? null) : null)
        };
    }),
    saboteur('what is read is kept', 'storeSession: what is changed in a record', store => {
        const own = new Map<string, SessionData | null>();
        return {
            getSession: async id => {
                if (!own.has(id)) own.set(id, await store.getSession(id));
                return own.get(id) ?? null;
            }
        };
    }),
    saboteur('fields are written one after the other', 'storeSession: of several at once', store => ({
        storeSession: async (id, data) => {
            const { sessionId, initialized, lastActivity, ...rest } = data;
            let written: SessionData = { sessionId, initialized, lastActivity, createdAt: 0 };
            await store.storeSession(id, written);
            for (const [name, value] of Object.entries(rest)) {
                await aRoundTrip();
                written = { ...((await store.getSession(id)) ?? written), [name]: value as unknown };
                await store.storeSession(id, written);
            }
        }
    })),
    saboteur(
        'ids are not told apart by case',
        'ids: sessions are kept apart',
        known(id => id.toLowerCase())
    ),
    saboteur(
        'ids are cut',
        'ids: sessions are kept apart',
        known(id => id.slice(0, 255))
    ),
    saboteur(
        'ids are read as those of a URL',
        'ids: sessions are kept apart',
        known(id => (/^%\d\d$/.test(id) ? decodeURIComponent(id) : id))
    ),
    saboteur('the id of a delete is a pattern', 'ids: sessions are kept apart', store => {
        const ids = new Set<string>();
        return {
            storeSession: (id, data) => {
                ids.add(id);
                return store.storeSession(id, data);
            },
            deleteSession: async id => {
                const matches = [...ids].filter(one => one === id || (id.endsWith('*') && one.startsWith(id.slice(0, -1))));
                await Promise.all(matches.map(one => store.deleteSession(one)));
            }
        };
    }),
    saboteur('ids are members of an object', 'ids: sessions are kept apart', store => ({
        storeSession: async (id, data) => {
            if (!(id in {})) await store.storeSession(id, data);
        }
    })),
    saboteur('nothing is deleted', ['deleteSession: nothing is left', 'deleteSession: may be repeated', 'whatever nodes do'], () => ({
        deleteSession: async () => undefined
    })),
    saboteur('a record that is deleted still exists', 'deleteSession: nothing is left', store => {
        const ids = new Set<string>();
        return {
            storeSession: (id, data) => {
                ids.add(id);
                return store.storeSession(id, data);
            },
            sessionExists: async id => ids.has(id)
        };
    }),
    saboteur('all sessions are deleted', 'deleteSession: nothing is left', store => {
        const ids = new Set<string>();
        return {
            storeSession: (id, data) => {
                ids.add(id);
                return store.storeSession(id, data);
            },
            deleteSession: async () => void (await Promise.all([...ids].map(id => store.deleteSession(id))))
        };
    }),
    saboteur('what is not there cannot be deleted', ['deleteSession: may be repeated', 'whatever nodes do'], store => ({
        deleteSession: async id => {
            if (!(await store.sessionExists(id))) throw new Error('no such session');
            await store.deleteSession(id);
        }
    })),
    saboteur('a touch reads the record and stores it again', 'deleteSession: no touch brings', store => ({
        updateSessionActivity: async id => {
            const data = await store.getSession(id);
            await aRoundTrip();
            if (data) await store.storeSession(id, data);
        }
    })),
    saboteur(
        'a touch creates a record',
        ['updateSessionActivity: creates nothing', 'deleteSession: no touch brings', 'whatever nodes do'],
        store => ({
            updateSessionActivity: async id => {
                if (await store.sessionExists(id)) await store.updateSessionActivity(id);
                else await store.storeSession(id, { sessionId: id, initialized: false, createdAt: 0, lastActivity: 0 });
            }
        })
    ),
    saboteur('what is not there cannot be touched', ['updateSessionActivity: creates nothing', 'whatever nodes do'], store => ({
        updateSessionActivity: async id => {
            if (!(await store.sessionExists(id))) throw new Error('no such session');
            await store.updateSessionActivity(id);
        }
    })),
    saboteur('a session that is used is initialized', ['updateSessionActivity: leaves the record', 'whatever nodes do'], store => ({
        updateSessionActivity: async id => {
            const data = await store.getSession(id);
            if (data) await store.storeSession(id, { ...data, initialized: true });
        }
    })),
    saboteur('sessions end with the store of a node', 'close: may be repeated', store => {
        let isClosed = false;
        return {
            close: async () => void (isClosed = true),
            getSession: async id => (isClosed ? null : store.getSession(id))
        };
    }),
    saboteur('a store is closed once only', 'close: may be repeated', () => {
        let isClosed = false;
        return {
            close: async () => {
                if (isClosed) throw new Error('closed already');
                isClosed = true;
            }
        };
    })
];
