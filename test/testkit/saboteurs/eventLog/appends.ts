import type { EventLog, NewEvent } from '@mcp-sessions/core';
import { appending, aRoundTrip, reading, saboteur, type LogSaboteur } from './saboteur.js';

const finalsKnownBy = (nameOf: (streamId: string, finalOf: string) => string) => (log: EventLog) => {
    const known = new Set<string>();
    return {
        append: async (id: string, events: readonly NewEvent[]) => {
            const positions: (string | null)[] = [];
            for (const { finalOf, ...event } of events) {
                const name = finalOf === undefined ? undefined : `${id}\n${nameOf(event.streamId, finalOf)}`;
                if (name !== undefined && known.has(name)) {
                    positions.push(null);
                    continue;
                }
                if (name !== undefined) known.add(name);
                positions.push(...(await log.append(id, [event])));
            }
            return positions;
        }
    };
};

/** Logs that append wrongly. */
export const appendSaboteurs: LogSaboteur[] = [
    saboteur('positions hold a tilde', 'append: every event has a position', log => ({
        append: async (...args) => (await log.append(...args)).map(position => position && `${position}~1`)
    })),
    saboteur('all events of one call have one position', 'append: every event has a position', log => ({
        append: async (...args) => {
            const positions = await log.append(...args);
            return positions.map(position => position && (positions.at(-1) ?? null));
        }
    })),
    saboteur(
        'the order of events is that of their streams, not one for all',
        ['append: positions increase over all streams', 'read: `since` is good'],
        log => ({
            read: async (id, streamId, cursor, limit) =>
                'since' in cursor && cursor.since !== '' && !(await log.read(id, streamId, { after: cursor.since }, 1))
                    ? log.read(id, streamId, { since: '' }, limit)
                    : log.read(id, streamId, cursor, limit)
        })
    ),
    saboteur('events of one call are appended the wrong way round', 'append: each node’s own order is kept', log => ({
        append: async (id, events) => [...(await log.append(id, [...events].reverse()))].reverse()
    })),
    saboteur('an event is lost when others append at the same time', 'append: each node’s own order is kept', log => {
        let writing = 0;
        return {
            append: async (id, events) => {
                writing++;
                await aRoundTrip();
                const positions = await log.append(id, writing > 2 ? events.slice(1) : events);
                writing--;
                return events.map((_, index) => positions[index] ?? positions[0] ?? null);
            }
        };
    }),
    saboteur('text that is not ASCII is spoilt', 'append: a message comes back as it was', log =>
        appending(event => ({ ...event, message: reparsed(event.message, json => json.replace(/[^\x20-\x7e]/g, '?')) }))(log)
    ),
    saboteur('an empty list comes back as an empty object, as Lua has it', 'append: a message comes back as it was', log =>
        appending(event => ({ ...event, message: reparsed(event.message, json => json.replaceAll('[]', '{}')) }))(log)
    ),
    saboteur('a message may not be as long as the log says', 'maxEventBytes', log => ({
        maxEventBytes: 10_000,
        append: async (id, events) => {
            if (events.some(({ message }) => Buffer.byteLength(JSON.stringify(message)) >= 10_000)) throw new Error('too long');
            return log.append(id, events);
        }
    })),
    saboteur('a message that is nearly too long is cut', 'maxEventBytes', log => ({
        maxEventBytes: 10_000,
        append: (id, events) =>
            log.append(
                id,
                events.map(event =>
                    JSON.stringify(event.message).length > 4000 ? { ...event, message: { jsonrpc: '2.0', method: 'x' } } : event
                )
            )
    })),
    saboteur('the message itself is kept', 'append: what is changed in a message afterwards', log => {
        const kept = new Map<string, NewEvent['message']>();
        return {
            append: async (id, events) => {
                const positions = await log.append(id, events);
                positions.forEach((position, index) => position && kept.set(position, events[index]!.message));
                return positions;
            },
            read: async (...args) => {
                const page = await log.read(...args);
                return page && { ...page, events: page.events.map(event => ({ ...event, message: kept.get(event.position)! })) };
            }
        };
    }),
    saboteur('nothing cannot be appended', 'append: of nothing changes nothing', log => ({
        append: async (id, events) => {
            if (events.length === 0) throw new Error('wrong number of arguments');
            return log.append(id, events);
        }
    })),
    saboteur(
        'a request may have any number of final responses',
        [
            'append: the first final response',
            'append: of final responses that several nodes append at once',
            'append: a request is known by',
            'whatever nodes do'
        ],
        appending(({ finalOf: _, ...event }) => event)
    ),
    saboteur('a second final response takes what stands beside it along', 'append: the first final response', log => ({
        append: async (id, events) => {
            const positions = await log.append(id, events);
            return positions.includes(null) ? positions.map(() => null) : positions;
        }
    })),
    saboteur(
        'whether a request has its final response is looked up first',
        'append: of final responses that several nodes append at once',
        log => {
            const known = new Set<string>();
            return {
                append: async (id, events) => {
                    const isKnown = events.map(
                        ({ streamId, finalOf }) => finalOf !== undefined && known.has(`${id} ${streamId} ${finalOf}`)
                    );
                    await aRoundTrip();
                    events.forEach(({ streamId, finalOf }) => finalOf !== undefined && known.add(`${id} ${streamId} ${finalOf}`));
                    const accepted = events.filter((_, index) => !isKnown[index]).map(({ finalOf: _, ...event }) => event);
                    const positions = await log.append(id, accepted);
                    return isKnown.map(isRefused => (isRefused ? null : (positions[accepted.length - 1] ?? null)));
                }
            };
        }
    ),
    saboteur(
        'requests are known by their name alone',
        'append: a request is known by',
        finalsKnownBy((_, finalOf) => finalOf)
    ),
    ...['', ':', '.', '~', '|', ' '].map(separator =>
        saboteur(
            `requests are known by stream and name with ${JSON.stringify(separator)} between them`,
            'append: a request is known by',
            finalsKnownBy((streamId, finalOf) => streamId + separator + finalOf)
        )
    ),
    saboteur(
        'an event of another stream is as good as one of this',
        'read: `after` an event of another stream',
        reading(cursor => ('after' in cursor && cursor.after !== '' ? { since: cursor.after } : cursor))
    )
];

function reparsed(message: NewEvent['message'], change: (json: string) => string): NewEvent['message'] {
    return JSON.parse(change(JSON.stringify(message))) as NewEvent['message'];
}
