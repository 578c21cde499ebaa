import type { Claim, EventLog } from '@mcp-sessions/core';
import { aRoundTrip, paging, saboteur, type LogSaboteur } from './saboteur.js';

/** A log that keeps what was delivered by itself, as `next` says. */
const delivering = (next: (before: string | undefined, now: string) => string | Promise<string>) => (log: EventLog) => {
    const delivered = new Map<string, string>();
    return {
        claim: async (...args: Parameters<EventLog['claim']>): Promise<Claim> => {
            const claim = await log.claim(...args);
            return { ...claim, delivered: claim.delivered && delivered.get(`${args[0]} ${args[1]}`) };
        },
        release: async (id: string, streamId: string, reader: string, position: string) => {
            const name = `${id} ${streamId}`;
            delivered.set(name, await next(delivered.get(name), position));
            await log.release(id, streamId, reader, position);
        }
    };
};

const holderOf = async (log: EventLog, id: string, streamId: string) => (await log.read(id, streamId, { since: '' }, 1))?.reader;

/** Logs that give streams to readers wrongly. */
export const claimSaboteurs: LogSaboteur[] = [
    saboteur('the first reader keeps the stream', 'claim: the newest reader holds', log => ({
        claim: async (id, streamId, reader) => ({ ...(await log.claim(id, streamId, reader, { ifHeldBy: undefined })), granted: true })
    })),
    saboteur(
        'readers do not learn who holds the stream',
        'claim: the newest reader holds',
        paging(page => ({ ...page, reader: undefined }))
    ),
    saboteur('a session has one reader', 'claim: of each stream of each session alone', log => ({
        claim: (id, _, ...rest) => log.claim(id, 'all', ...rest),
        release: (id, _, ...rest) => log.release(id, 'all', ...rest),
        read: async (id, streamId, cursor, limit) => {
            const page = await log.read(id, streamId, cursor, limit);
            return page && { ...page, reader: (await log.read(id, 'all', { since: '' }, 1))?.reader };
        }
    })),
    saboteur('only a stream with events can be held', ['claim: of each stream of each session alone', 'claim: the newest reader'], log => ({
        claim: async (id, streamId, reader, condition) =>
            (await log.read(id, streamId, { since: '' }, 1))?.events.length
                ? log.claim(id, streamId, reader, condition)
                : { granted: true, previous: undefined, delivered: undefined, kept: '' }
    })),
    saboteur('every claim is granted', 'claim: with `ifHeldBy` only from that reader', log => ({
        claim: (id, streamId, reader) => log.claim(id, streamId, reader)
    })),
    saboteur('`ifHeldBy: undefined` is no condition', 'claim: with `ifHeldBy` only from that reader', log => ({
        claim: (id, streamId, reader, condition) =>
            log.claim(id, streamId, reader, condition?.ifHeldBy === undefined ? undefined : condition)
    })),
    saboteur('an empty `ifHeldBy` is no condition', 'claim: with `ifHeldBy` only from that reader', log => ({
        claim: (id, streamId, reader, condition) => log.claim(id, streamId, reader, condition?.ifHeldBy === '' ? undefined : condition)
    })),
    saboteur('a claim that was refused is held all the same', 'claim: with `ifHeldBy` only from that reader', log => ({
        claim: async (id, streamId, reader, condition) => {
            const claim = await log.claim(id, streamId, reader, condition);
            if (!claim.granted) await log.claim(id, streamId, reader);
            return claim;
        }
    })),
    saboteur('a claim that was refused is not told what was delivered', 'claim: a refused one is told', log => ({
        claim: async (...args) => {
            const claim = await log.claim(...args);
            return claim.granted ? claim : { ...claim, delivered: undefined };
        }
    })),
    saboteur('who holds the stream is looked up first', 'claim: of several at once that want a free stream', log => ({
        claim: async (id, streamId, reader, condition) => {
            const previous = await holderOf(log, id, streamId);
            await aRoundTrip();
            const granted = !condition || condition.ifHeldBy === previous;
            return granted ? log.claim(id, streamId, reader) : { granted, previous, delivered: undefined, kept: '' };
        }
    })),
    saboteur('who held the stream before was looked up first', 'claim: several at once take the stream from each other', log => ({
        claim: async (id, streamId, reader, condition) => {
            const previous = await holderOf(log, id, streamId);
            await aRoundTrip();
            return { ...(await log.claim(id, streamId, reader, condition)), previous };
        }
    })),
    saboteur('a stream is never let go', ['release: nobody holds the stream', 'claim: of each stream of each session alone'], log => ({
        release: (id, streamId, _, position) => log.release(id, streamId, 'nobody', position)
    })),
    saboteur(
        'what was delivered is not kept',
        ['release: nobody holds the stream', 'whatever nodes do'],
        delivering(() => '')
    ),
    saboteur('a reader lets go what another holds', 'release: by a reader that no longer holds', log => ({
        release: async (id, streamId, reader, position) =>
            log.release(id, streamId, (await holderOf(log, id, streamId)) ?? reader, position)
    })),
    saboteur('only who holds the stream can say how far it came', 'release: by a reader that no longer holds', log => ({
        release: async (id, streamId, reader, position) => {
            if ((await holderOf(log, id, streamId)) === reader) await log.release(id, streamId, reader, position);
        }
    })),
    saboteur(
        'the last reader says what was delivered',
        ['release: what was delivered is raised', 'whatever nodes do'],
        delivering((_, now) => now)
    ),
    saboteur(
        'what was delivered is compared as text',
        'release: what was delivered is raised',
        (() => {
            let first: number | undefined;
            const textOf = (position: string | undefined) => (position ? String(Number(position) - (first ??= Number(position) - 2)) : '');
            return delivering((before = '', now) => (textOf(now) > textOf(before) ? now : before));
        })()
    ),
    saboteur('what was delivered is looked up first', 'release: what several say at once', log => {
        const delivered = new Map<string, string>();
        return {
            claim: async (id, streamId, reader) => ({ ...(await log.claim(id, streamId, reader)), delivered: delivered.get(id) }),
            release: async (id, _, __, position) => {
                const before = Number(delivered.get(id) ?? 0);
                await aRoundTrip();
                if (Number(position) > before) delivered.set(id, position);
            }
        };
    })
];
