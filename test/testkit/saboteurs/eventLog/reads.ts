import type { NewEvent } from '@mcp-sessions/core';
import { aRoundTrip, paging, reading, saboteur, type LogSaboteur } from './saboteur.js';

const inStream = (streamId: string) => (event: NewEvent) => ({ ...event, streamId });

/** Logs that read wrongly. */
export const readSaboteurs: LogSaboteur[] = [
    saboteur('all streams are one', 'read: one stream is read', log => ({
        append: (id, events) => log.append(id, events.map(inStream('all'))),
        read: (id, _, ...rest) => log.read(id, 'all', ...rest)
    })),
    saboteur('all sessions are one', 'read: one stream is read', log => ({
        append: (_, events) => log.append('all', events),
        read: (_, ...rest) => log.read('all', ...rest)
    })),
    saboteur('a stream is known by its session’s name and its own with a colon between them', 'read: one stream is read', log => ({
        append: async (id, events) => {
            const positions: (string | null)[] = [];
            for (const event of events) {
                positions.push(...(await log.append('all', [{ ...event, streamId: `${id}:${event.streamId}` }])));
            }
            return positions;
        },
        read: (id, streamId, ...rest) => log.read('all', `${id}:${streamId}`, ...rest)
    })),
    saboteur('names of streams are not told apart by case', 'read: one stream is read', log => ({
        append: (id, events) =>
            log.append(
                id,
                events.map(event => ({ ...event, streamId: event.streamId.toLowerCase() }))
            ),
        read: (id, streamId, ...rest) => log.read(id, streamId.toLowerCase(), ...rest)
    })),
    saboteur('the limit is not kept', ['read: page by page', 'read: a page says'], log => ({
        read: (id, streamId, cursor) => log.read(id, streamId, cursor, 1000)
    })),
    saboteur(
        'there is never more',
        ['read: page by page', 'read: a page says'],
        paging(page => ({ ...page, more: false }))
    ),
    saboteur(
        'there is always more',
        ['read: page by page', 'read: a page says'],
        paging(page => ({ ...page, more: true }))
    ),
    saboteur(
        'the next page is this page',
        'read: page by page',
        paging((page, cursor) => ({ ...page, position: 'since' in cursor ? cursor.since : cursor.after }))
    ),
    saboteur('the next page is behind the end', 'read: page by page', log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            const all = await log.read(id, streamId, cursor, 1000);
            return page && all && { ...page, position: all.position };
        }
    })),
    saboteur('a page ends with the first event of another stream', 'read: page by page', log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            const other = await log.read(id, 't', { since: page?.events[0]?.position ?? '' }, 1);
            const end = other?.events[0]?.position;
            const events = page?.events.filter(({ position }) => end === undefined || Number(position) < Number(end)) ?? [];
            return page && { ...page, events, position: page.more ? page.position : (events.at(-1)?.position ?? page.position) };
        }
    })),
    saboteur('the end is behind what was appended since', 'read: whoever reads on', log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            await aRoundTrip();
            const later = page && !page.more && (await log.read(id, streamId, { since: page.position }, 1000));
            return later ? { ...page, position: later.position } : page;
        }
    })),
    saboteur(
        'the event before is not told',
        'read: behind an event of the stream',
        paging(({ last: _, ...page }) => page)
    ),
    saboteur(
        'the event before is told where none is named',
        'read: behind an event of the stream',
        paging((page, cursor) => ({ ...page, last: 'since' in cursor ? page.events[0]?.message : page.last }))
    ),
    saboteur('a page begins with the event before', 'read: behind an event of the stream', log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            return page?.last && 'after' in cursor
                ? { ...page, events: [{ position: cursor.after, message: page.last }, ...page.events].slice(0, limit) }
                : page;
        }
    })),
    saboteur('what is no position is the beginning', 'read: `after` an event of another stream', log => ({
        read: async (id, streamId, cursor, limit) =>
            (await log.read(id, streamId, cursor, limit)) ?? ('since' in cursor ? log.read(id, streamId, { since: '' }, limit) : null)
    })),
    saboteur(
        'numbers are read as parseInt reads them',
        'read: `after` an event of another stream',
        reading(cursor => ('after' in cursor ? { after: String(parseInt(cursor.after)) } : cursor))
    ),
    saboteur('where nothing is, there is no page', 'read: where nothing was appended yet', log => ({
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            return page && page.position === '' ? null : page;
        }
    })),
    saboteur(
        'where nothing is, the next page has no beginning',
        'read: where nothing was appended yet',
        paging(page => (page.events.length > 0 ? page : { ...page, position: '0-0' }))
    )
];
