import type { EventLog, LogPage } from '@mcp-sessions/core';
import { aRoundTrip, broken, saboteur, type LogSaboteur } from './saboteur.js';

/** A log that begins a session anew as often as it is told, so that the log behind it never has to drop anything. */
function renewing(log: EventLog) {
    const lives = new Map<string, number>();
    const nameOf = (id: string) => `${id} ${lives.get(id) ?? 0}`;
    return {
        nameOf,
        renew: (id: string) => lives.set(id, (lives.get(id) ?? 0) + 1),
        methods: {
            append: (id, events) => log.append(nameOf(id), events),
            read: (id, ...rest) => log.read(nameOf(id), ...rest),
            claim: (id, ...rest) => log.claim(nameOf(id), ...rest),
            release: (id, ...rest) => log.release(nameOf(id), ...rest),
            touch: id => log.touch(nameOf(id))
        } satisfies Partial<EventLog>
    };
}

const nothing: LogPage = { events: [], position: '', more: false, reader: undefined };

/** Logs that end wrongly. */
export const endingSaboteurs: LogSaboteur[] = [
    saboteur('drop does nothing', ['drop: nothing of the session is left', 'drop: cursors into the log', 'whatever nodes do'], () => ({
        drop: async () => undefined
    })),
    saboteur('who holds a stream is kept', 'drop: nothing of the session is left', log => {
        const readers = new Map<string, string>();
        return {
            claim: async (id, streamId, reader, condition) => {
                readers.set(`${id} ${streamId}`, reader);
                return log.claim(id, streamId, reader, condition);
            },
            read: async (id, streamId, cursor, limit) => {
                const page = await log.read(id, streamId, cursor, limit);
                return page && { ...page, reader: page.reader ?? readers.get(`${id} ${streamId}`) };
            }
        };
    }),
    saboteur('what was delivered is kept', ['drop: nothing of the session is left', 'drop: a release that comes later'], log => {
        const delivered = new Map<string, string>();
        return {
            release: async (id, streamId, reader, position) => {
                delivered.set(`${id} ${streamId}`, position);
                return log.release(id, streamId, reader, position);
            },
            claim: async (id, streamId, reader, condition) => {
                const claim = await log.claim(id, streamId, reader, condition);
                return { ...claim, delivered: claim.delivered ?? delivered.get(`${id} ${streamId}`) };
            }
        };
    }),
    saboteur('every session is dropped', 'drop: nothing of the session is left', log => {
        const seen = new Set<string>();
        return {
            append: (id, events) => {
                seen.add(id);
                return log.append(id, events);
            },
            drop: async () => void (await Promise.all([...seen].map(id => log.drop(id))))
        };
    }),
    saboteur(
        'a dropped session is begun anew',
        ['drop: what is appended later', 'drop: of a session without a log', 'whatever nodes do'],
        log => {
            const { methods, renew } = renewing(log);
            return { ...methods, drop: async id => void renew(id) };
        }
    ),
    {
        fault: 'only the node that dropped a session refuses appends',
        caughtBy: ['drop: what is appended later'],
        sabotage: log => {
            const { methods, renew } = renewing(log);
            return () => {
                const dropped = new Set<string>();
                return broken(log, {
                    ...methods,
                    append: async (id, events) => (dropped.has(id) ? events.map(() => null) : methods.append(id, events)),
                    drop: async id => {
                        dropped.add(id);
                        renew(id);
                    }
                });
            };
        }
    },
    saboteur('a touch lets appends in again', 'drop: what is appended later', log => {
        const { methods, renew } = renewing(log);
        const dropped = new Set<string>();
        return {
            ...methods,
            append: async (id, events) => (dropped.has(id) ? events.map(() => null) : methods.append(id, events)),
            drop: async id => {
                dropped.add(id);
                renew(id);
            },
            touch: async id => {
                dropped.delete(id);
                return methods.touch(id);
            }
        };
    }),
    saboteur('a session without a log cannot be dropped', 'drop: of a session without a log', log => {
        const begun = new Set<string>();
        return {
            append: (id, events) => {
                begun.add(id);
                return log.append(id, events);
            },
            drop: async id => {
                if (begun.has(id)) await log.drop(id);
            }
        };
    }),
    saboteur('a session is dropped first, and then refuses appends', 'drop: of what is appended at the same moment', log => {
        const { methods, renew } = renewing(log);
        const dropped = new Set<string>();
        return {
            ...methods,
            append: async (id, events) => (dropped.has(id) ? events.map(() => null) : methods.append(id, events)),
            drop: async id => {
                renew(id);
                await aRoundTrip();
                dropped.add(id);
            }
        };
    }),
    saboteur('a touch does not tell where the log ends', 'touch: tells', log => ({
        touch: async id => {
            await log.touch(id);
            return '';
        }
    })),
    saboteur('what is absent cannot be touched', 'touch: creates nothing', log => {
        const begun = new Set<string>();
        return {
            append: (id, events) => {
                begun.add(id);
                return log.append(id, events);
            },
            touch: async id => {
                if (!begun.has(id)) throw new Error('no such log');
                return log.touch(id);
            }
        };
    }),
    saboteur('a log is used by reading it', 'ttl: a log that is not used', log => ({
        read: async (id, ...rest) => {
            await log.touch(id);
            return log.read(id, ...rest);
        }
    })),
    saboteur('a touch does nothing', 'ttl: every append and every touch', () => ({ touch: async () => '' })),
    saboteur('a log expires a time after its beginning', 'ttl: every append and every touch', log => {
        const begun = new Map<string, number>();
        return {
            append: (id, events) => {
                if (!begun.has(id)) begun.set(id, performance.now());
                return log.append(id, events);
            },
            read: async (id, ...rest) => {
                const page = await log.read(id, ...rest);
                return performance.now() - (begun.get(id) ?? Infinity) > 1000 ? nothing : page;
            }
        };
    }),
    saboteur('positions begin again when a log has expired', 'ttl: the log that comes after an expired one', log => {
        const lists = new Map<string, string[]>();
        const numberOf = (id: string, position: string) => String((lists.get(id) ?? []).indexOf(position) + 1);
        const positionOf = (id: string, number: string) => (number === '' ? '' : (lists.get(id)?.[Number(number) - 1] ?? 'none'));
        return {
            append: async (id, events) => {
                const { length } = (await log.read(id, 's', { since: '' }, 1))?.events ?? [];
                const list = (length > 0 && lists.get(id)) || [];
                lists.set(id, list);
                const positions = await log.append(id, events);
                return positions.map(position => position && String(list.push(position)));
            },
            read: async (id, streamId, cursor, limit) => {
                const own = 'after' in cursor ? { after: positionOf(id, cursor.after) } : { since: positionOf(id, cursor.since) };
                const page = await log.read(id, streamId, own, limit);
                return page && { ...page, position: numberOf(id, page.position) };
            }
        };
    })
];
