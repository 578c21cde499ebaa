import type { SessionCreation, SessionData, SessionLimits } from '@mcp-sessions/core';
import { aRoundTrip } from '../saboteur.js';
import { counted, saboteur, type FullStore, type StoreSaboteur } from './saboteur.js';

const { entries } = Object;

/** A store that counts by itself, as a fault has it. */
function counting(store: FullStore, { maxSessions = Infinity }: SessionLimits) {
    const ids = new Set<string>();
    return { ids, isFull: () => ids.size >= maxSessions };
}

const uncapped = (limits: SessionLimits): SessionLimits => Object.fromEntries(entries(limits).filter(([name]) => !name.startsWith('max')));

/** A saboteur that knows its limits. */
function limited(
    fault: string,
    caughtBy: readonly string[],
    faults: (store: FullStore, limits: SessionLimits) => Partial<FullStore>
): StoreSaboteur {
    let known: SessionLimits = {};
    return saboteur(
        fault,
        caughtBy,
        store => faults(store, known),
        limits => {
            known = limits;
            return uncapped(limits);
        }
    );
}

/** Stores that count their sessions wrongly. */
export const capSaboteurs: StoreSaboteur[] = [
    saboteur(
        'there are no caps',
        ['maxSessions: `full` when', 'maxSessionsPerPrincipal: `full` for whom', 'maxSessions: holds exactly', 'what is `full` by one cap'],
        () => ({}),
        uncapped
    ),
    saboteur('a creation for which there is no room is made all the same', 'maxSessions: `full` when', store => ({
        createSession: async (id, data) => {
            const creation = await store.createSession(id, data);
            if (creation === 'full') await store.storeSession(id, data);
            return creation;
        }
    })),
    saboteur(
        'there is room for one less',
        ['maxSessions: `full` when', 'whatever nodes do'],
        () => ({}),
        limits => ({ ...limits, ...(limits.maxSessions && { maxSessions: limits.maxSessions - 1 || 1 }) })
    ),
    saboteur('whether there is room is asked first', 'maxSessions: an id that is there', store => ({
        createSession: async (id, data) => {
            const beside = await store.createSession(`${id} beside`, data);
            if (beside === 'full') return 'full';
            await store.deleteSession(`${id} beside`);
            return store.createSession(id, data);
        }
    })),
    limited(
        'a session that is deleted is counted until it would have expired',
        ['maxSessions: a session that is deleted'],
        (store, limits) => {
            const { ids, isFull } = counting(store, limits);
            return {
                createSession: async (id, data) => {
                    if (ids.has(id)) return 'taken';
                    if (isFull()) return 'full';
                    ids.add(id);
                    return store.createSession(id, data);
                }
            };
        }
    ),
    limited('each delete makes room', ['maxSessions: a session that is deleted'], (store, { maxSessions = Infinity }) => {
        let count = 0;
        return {
            createSession: async (id, data) => {
                if (count >= maxSessions) return 'full';
                count++;
                return store.createSession(id, data);
            },
            deleteSession: async id => {
                count--;
                await store.deleteSession(id);
            }
        };
    }),
    limited(
        'a session is counted until it is deleted',
        [
            'maxSessions: a session that expires',
            'initializeTtlSeconds: a session that only began makes room',
            'maxSessions: a session that is used goes on'
        ],
        (store, limits) => {
            const { ids, isFull } = counting(store, limits);
            return {
                createSession: async (id, data) => {
                    if (isFull()) return 'full';
                    ids.add(id);
                    return store.createSession(id, data);
                },
                deleteSession: async id => {
                    ids.delete(id);
                    await store.deleteSession(id);
                }
            };
        }
    ),
    limited(
        'a session that only began is counted as long as any',
        ['initializeTtlSeconds: a session that only began makes room'],
        (store, limits) => {
            const ends = new Map<string, number>();
            return {
                createSession: async (id, data) => {
                    const live = [...ends.values()].filter(at => at > performance.now()).length;
                    if (live >= (limits.maxSessions ?? Infinity)) return 'full';
                    ends.set(id, performance.now() + (limits.ttlSeconds ?? 3600) * 1000);
                    return store.createSession(id, data);
                }
            };
        }
    ),
    limited('a session is counted for a time after its creation', ['maxSessions: a session that is used goes on'], (store, limits) => {
        const ends = new Map<string, number>();
        return {
            createSession: async (id, data) => {
                const live = [...ends.values()].filter(at => at > performance.now()).length;
                if (live >= (limits.maxSessions ?? Infinity)) return 'full';
                ends.set(id, performance.now() + (limits.ttlSeconds ?? 3600) * 1000);
                return store.createSession(id, data);
            }
        };
    }),
    limited('sessions are counted first, and then created', ['maxSessions: holds exactly'], (store, limits) => {
        const { ids, isFull } = counting(store, limits);
        return {
            createSession: async (id, data) => {
                const hasNoRoom = isFull();
                await aRoundTrip();
                if (hasNoRoom) return 'full';
                ids.add(id);
                return store.createSession(id, data);
            },
            deleteSession: async id => {
                ids.delete(id);
                await store.deleteSession(id);
            }
        };
    }),
    limited(
        'room is taken for each creation, also for one that is refused',
        ['maxSessions: ids that are created by several'],
        (store, limits) => {
            let count = 0;
            return {
                createSession: async (id, data) => {
                    if (await store.sessionExists(id)) return 'taken';
                    if (count >= (limits.maxSessions ?? Infinity)) return 'full';
                    count++;
                    await aRoundTrip();
                    return store.createSession(id, data);
                }
            };
        }
    ),
    saboteur(
        'all principals are one',
        ['maxSessionsPerPrincipal: `full` for whom', 'maxSessionsPerPrincipal: holds exactly'],
        counted(({ principal }) => principal && 'all')
    ),
    saboteur(
        'principals are not told apart by case',
        'maxSessionsPerPrincipal: `full` for whom',
        counted(({ principal }) => principal?.toLowerCase())
    ),
    saboteur(
        'principals are trimmed',
        'maxSessionsPerPrincipal: `full` for whom',
        counted(({ principal }) => principal?.trim())
    ),
    saboteur(
        'principals are members of an object',
        'maxSessionsPerPrincipal: `full` for whom',
        counted(({ principal }) => (principal !== undefined && principal in {} ? undefined : principal))
    ),
    saboteur(
        'who has no principal is "undefined"',
        'maxSessionsPerPrincipal: sessions without',
        counted(({ principal }) => String(principal))
    ),
    ...(['deleteSession', 'expiry'] as const).map(kind =>
        saboteur(`a principal has no room again after ${kind}`, 'maxSessionsPerPrincipal: what is deleted or expires', store => {
            const had = new Set<string>();
            const isIn = (principal: string | undefined): principal is string => principal === (kind === 'expiry' ? 'q' : 'p');
            return {
                createSession: async (id: string, data: SessionData): Promise<SessionCreation> => {
                    if (isIn(data.principal) && had.has(data.principal)) return 'full';
                    had.add(data.principal ?? '');
                    return store.createSession(id, data);
                }
            };
        })
    ),
    limited(
        'the sessions of a principal are counted first, and then created',
        ['maxSessionsPerPrincipal: holds exactly'],
        (store, limits) => {
            const counts = new Map<string, number>();
            return {
                createSession: async (id, data) => {
                    const { principal = '' } = data;
                    const isFull = (counts.get(principal) ?? 0) >= (limits.maxSessionsPerPrincipal ?? Infinity);
                    await aRoundTrip();
                    if (isFull) return 'full';
                    counts.set(principal, (counts.get(principal) ?? 0) + 1);
                    return store.createSession(id, data);
                }
            };
        }
    ),
    limited('what is refused to a principal is counted in total', ['what is `full` by one cap'], (store, limits) => {
        const counts = new Map<string, number>();
        let total = 0;
        return {
            createSession: async (id, data) => {
                const { principal = '' } = data;
                if (total >= (limits.maxSessions ?? Infinity)) return 'full';
                total++;
                counts.set(principal, (counts.get(principal) ?? 0) + 1);
                if (principal && (counts.get(principal) ?? 0) > (limits.maxSessionsPerPrincipal ?? Infinity)) return 'full';
                return store.createSession(id, data);
            }
        };
    }),
    ...(['storeSession', 'updateSession'] as const).map(name =>
        limited(`a session is counted with each ${name}`, ['a session that is stored or updated again'], (store, limits) => {
            let count = 0;
            return {
                createSession: async (id: string, data: SessionData): Promise<SessionCreation> => {
                    if (count >= (limits.maxSessions ?? Infinity)) return 'full';
                    count++;
                    return store.createSession(id, data);
                },
                storeSession: async (id: string, data: SessionData) => {
                    if (name === 'storeSession') count++;
                    await store.storeSession(id, data);
                },
                updateSession: async (id: string, data: SessionData, expected: number) => {
                    if (name === 'updateSession') count++;
                    return store.updateSession(id, data, expected);
                }
            };
        })
    ),
    saboteur(
        'there is a cap that nobody asked for',
        'createSession: without caps',
        () => ({}),
        limits => ({ maxSessions: 64, ...limits })
    )
];
