import type { InMemorySessionStore, ListOptions, SessionData, SessionPage } from '@mcp-sessions/core';
import { saboteur, type StoreSaboteur } from './saboteur.js';

const whole = 'listSessions: what is there';
const sizes = 'listSessions: `limit` is';
const meanwhile = 'listSessions: one that lives';
const ended = 'listSessions: a store without';
const refused = 'listSessions: a cursor';

/** Stores that list sessions wrongly. */
export const listingSaboteurs: StoreSaboteur[] = [
    saboteur('a store without sessions has pages without end', ended, store => ({
        listSessions: async page => ({ cursor: '0', ...(await store.listSessions(page)) })
    })),
    saboteur('what was deleted is listed', [ended, whole], store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, data);
                return store.storeSession(id, data);
            },
            listSessions: async page => withSessions(await store.listSessions(page), found => [...found, ...records.values()])
        };
    }),
    saboteur('there is one page only', whole, store => ({
        listSessions: async page => {
            const { cursor: _, ...rest } = await store.listSessions(page);
            return rest;
        }
    })),
    saboteur('the last page is forgotten', whole, store => ({
        listSessions: async page => {
            const found = await store.listSessions(page);
            return found.cursor === undefined ? { sessions: [] } : found;
        }
    })),
    saboteur('only those that were stored are listed, not those that were created', whole, store => {
        const created = new Set<string>();
        return {
            createSession: (id, data) => {
                created.add(id);
                return store.createSession(id, data);
            },
            listSessions: async page =>
                withSessions(await store.listSessions(page), found => found.filter(({ sessionId }) => !created.has(sessionId)))
        };
    }),
    saboteur('only what is needed in a table is listed', whole, store => ({
        listSessions: async page =>
            withSessions(await store.listSessions(page), found =>
                found.map(({ sessionId, initialized, createdAt, lastActivity }) => ({ sessionId, initialized, createdAt, lastActivity }))
            )
    })),
    saboteur('what is listed is as it began', whole, store => {
        const first = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                first.set(id, data);
                return store.storeSession(id, data);
            },
            createSession: (id, data) => {
                first.set(id, data);
                return store.createSession(id, data);
            },
            listSessions: async page =>
                withSessions(await store.listSessions(page), found => found.map(data => first.get(data.sessionId) ?? data))
        };
    }),
    saboteur('limit is ignored', sizes, store => ({
        listSessions: async ({ limit, ...page } = {}) => {
            await store.listSessions({ ...(limit !== undefined && { limit }) });
            return store.listSessions({ ...page, limit: 10_000 });
        }
    })),
    saboteur('without a limit there is one page', sizes, store => ({
        listSessions: page => store.listSessions({ limit: 10_000, ...page })
    })),
    saboteur('each page has one session', sizes, store => ({
        listSessions: async ({ limit, ...page } = {}) => {
            await store.listSessions({ ...(limit !== undefined && { limit }) });
            return store.listSessions({ ...page, limit: 1 });
        }
    })),
    saboteur('a page goes on at a number, whatever was deleted before it', meanwhile, store => ({
        listSessions: page => byNumber(store, page, found => found)
    })),
    saboteur('sessions are listed from the least recently used on, by number', meanwhile, store => ({
        listSessions: page => byNumber(store, page, found => [...found].sort((one, other) => one.lastActivity - other.lastActivity))
    })),
    saboteur('what has expired is listed until it is cleaned up', 'listSessions: what has expired', store => {
        const records = new Map<string, SessionData>();
        return {
            storeSession: (id, data) => {
                records.set(id, data);
                return store.storeSession(id, data);
            },
            listSessions: async page => ({ ...(await store.listSessions(page)), sessions: [...records.values()] })
        };
    }),
    saboteur('to list sessions is to use them', 'listSessions: does not extend', store => ({
        listSessions: async page => {
            const found = await store.listSessions(page);
            await Promise.all(found.sessions.map(({ sessionId }) => store.updateSessionActivity(sessionId)));
            return found;
        }
    })),
    saboteur('to list sessions ends them', 'listSessions: does not extend', store => ({
        listSessions: async page => {
            const found = await store.listSessions(page);
            await Promise.all(found.sessions.map(({ sessionId }) => store.deleteSession(sessionId)));
            return found;
        }
    })),
    saboteur('when a listed session was last used is what the node said', 'listSessions: tells when', store => {
        const told = new Map<string, number>();
        return {
            storeSession: (id, data) => {
                told.set(id, data.lastActivity);
                return store.storeSession(id, data);
            },
            listSessions: async page =>
                withSessions(await store.listSessions(page), found =>
                    found.map(data => ({ ...data, lastActivity: told.get(data.sessionId) ?? 0 }))
                )
        };
    }),
    saboteur('a limit that is none means any', refused, store => ({
        listSessions: ({ limit, ...page } = {}) =>
            store.listSessions({ ...page, limit: Number.isSafeInteger(limit) && limit! > 0 ? limit! : 100 })
    })),
    saboteur('a cursor that is none means the beginning', refused, store => ({
        listSessions: async (page = {}) => store.listSessions(page).catch(() => store.listSessions({ limit: page.limit ?? 100 }))
    })),
    saboteur('what is wrong is not said', refused, store => ({
        listSessions: async page =>
            store.listSessions(page).catch(() => {
                throw new RangeError('Bad request');
            })
    }))
];

function withSessions(page: SessionPage, change: (sessions: readonly SessionData[]) => readonly SessionData[]): SessionPage {
    return { ...page, sessions: change(page.sessions) };
}

/** Pages by how many sessions come before. */
async function byNumber(
    store: InMemorySessionStore,
    { cursor, limit = 100 }: ListOptions = {},
    order: (sessions: readonly SessionData[]) => readonly SessionData[]
): Promise<SessionPage> {
    const { sessions } = await store.listSessions({ limit: 10_000 });
    const from = Number(cursor ?? 0);
    const found = order(sessions).slice(from, from + limit);
    return { sessions: found, ...(from + limit < sessions.length && { cursor: String(from + limit) }) };
}
