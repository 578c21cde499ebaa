import { appending, paging, saboteur, type LogSaboteur } from './saboteur.js';

/** Logs that are trimmed wrongly. */
export const trimmingSaboteurs: LogSaboteur[] = [
    {
        ...saboteur(
            'nothing is ever trimmed',
            [
                'maxEvents: the newest events stay',
                'maxEvents: counts over all streams',
                'maxBytes',
                'maxAgeSeconds',
                'a cursor behind which',
                '`kept` is where',
                'final responses that nobody has seen go last',
                'final responses that were seen',
                'where all are final responses',
                'ttl: a log that is not used'
            ],
            () => ({})
        ),
        isUnlimited: true
    },
    saboteur('each stream has the room of a session', 'maxEvents: counts over all streams', log => ({
        append: async (id, events) => {
            const positions: (string | null)[] = [];
            for (const event of events) {
                positions.push(...(await log.append(`${id} ${event.streamId}`, [event])));
            }
            return positions;
        },
        read: (id, streamId, ...rest) => log.read(`${id} ${streamId}`, streamId, ...rest),
        claim: (id, streamId, ...rest) => log.claim(`${id} ${streamId}`, streamId, ...rest)
    })),
    saboteur('sessions share their room', 'sessions are trimmed apart', log => ({
        append: (id, events) =>
            log.append(
                'all',
                events.map(event => ({ ...event, streamId: `${id} ${event.streamId}` }))
            ),
        read: (id, streamId, ...rest) => log.read('all', `${id} ${streamId}`, ...rest),
        claim: (id, streamId, ...rest) => log.claim('all', `${id} ${streamId}`, ...rest)
    })),
    saboteur('the newest events go first', ['maxEvents: the newest events stay', 'maxBytes'], log => {
        const counts = new Map<string, number>();
        return {
            append: async (id, events) => {
                const count = counts.get(id) ?? 0;
                counts.set(id, count + events.length);
                const positions = count > 5 ? [] : await log.append(id, events.slice(0, 6));
                return events.map((_, index) => positions[index] ?? positions[0] ?? 'trimmed');
            }
        };
    }),
    saboteur('a cursor behind which something was trimmed leads to what is left', ['a cursor behind which', 'maxAgeSeconds'], log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            return page ?? log.read(id, streamId, { since: (await log.claim(id, streamId, 'x')).kept }, limit);
        }
    })),
    saboteur('`kept` is always empty', '`kept` is where', log => ({
        claim: async (...args) => ({ ...(await log.claim(...args)), kept: '' })
    })),
    saboteur('`kept` is always the end', '`kept` is where', log => ({
        claim: async (id, streamId, ...rest) => {
            const claim = await log.claim(id, streamId, ...rest);
            const all = await log.read(id, streamId, { since: claim.kept }, 1000);
            return { ...claim, kept: claim.kept && (all?.position ?? '') };
        }
    })),
    saboteur(
        'what nobody has seen goes with the rest',
        'final responses that nobody has seen go last',
        appending(({ undelivered: _, ...event }) => event)
    ),
    saboteur('a cursor is judged by the whole log', 'final responses that nobody has seen go last', log => ({
        read: async (id, streamId, cursor, limit) => {
            const { kept } = await log.claim(id, 'other', 'x');
            const since = 'since' in cursor ? cursor.since : cursor.after;
            return Number(since) < Number(kept) ? null : log.read(id, streamId, cursor, limit);
        }
    })),
    saboteur(
        'all final responses go last',
        'final responses that were seen',
        appending(event => (event.finalOf === undefined ? event : { ...event, undelivered: true }))
    ),
    saboteur(
        'all that nobody has seen goes last',
        'final responses that were seen',
        (() => {
            let count = 0;
            return appending(event => (event.undelivered ? { ...event, finalOf: event.finalOf ?? `none ${++count}` } : event));
        })()
    ),
    saboteur(
        'behind an event, the next one is left out',
        'a cursor behind which',
        paging((page, cursor) => ('after' in cursor ? { ...page, events: page.events.slice(1) } : page))
    )
];
