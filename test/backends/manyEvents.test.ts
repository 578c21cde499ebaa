import { InMemoryEventLog, type EventLog, type JSONRPCMessage, type LoggedEvent, type NewEvent } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, LogOptions } from '../cluster/support/backends/backend.js';
import { postgres } from '../cluster/support/backends/postgres.js';
import { redis } from '../cluster/support/backends/redis.js';
import { upstash } from '../cluster/support/backends/upstash.js';

const SESSION = 'one session';
/** Events of one call, and calls at once. */
const BATCH = 1000;
const LANES = 4;
/** Results that nobody has seen, sent before everything else. */
const FINALS = 50;

/** `MANY_EVENTS=1000000` has as many sent on every backend. */
const { MANY_EVENTS } = process.env;
const sizeOf = (usual: number) => Number(MANY_EVENTS ?? usual);

const event = (n: number): NewEvent => ({
    streamId: 'standalone',
    message: { jsonrpc: '2.0', method: 'notifications/message', params: { text: `${n}` } }
});
const final = (n: number): NewEvent => ({
    ...{ streamId: `call ${n}`, finalOf: '0', undelivered: true },
    message: { jsonrpc: '2.0', id: n, result: { n } }
});
const numbered = (message: JSONRPCMessage): number => Number('method' in message ? message.params?.['text'] : NaN);
const bytesOf = (events: readonly LoggedEvent[]): number =>
    events.reduce((sum, { message }) => sum + Buffer.byteLength(JSON.stringify(message)), 0);

/** Sends results that nobody has seen, and then so many messages of another stream. The last is the last in the log. */
async function fill(log: EventLog, count: number): Promise<void> {
    expect(
        await log.append(
            SESSION,
            Array.from({ length: FINALS }, (_, n) => final(n))
        )
    ).not.toContain(null);
    let next = 0;
    const lane = async () => {
        while (next < count - 1) {
            const from = next;
            next = Math.min(from + BATCH, count - 1);
            const positions = await log.append(
                SESSION,
                Array.from({ length: next - from }, (_, n) => event(from + n))
            );
            if (positions.includes(null)) throw new Error('The log refused an event');
        }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await log.append(SESSION, [event(count - 1)]);
}

/** All that the log still holds of a stream. */
async function held(log: EventLog, streamId: string): Promise<readonly LoggedEvent[]> {
    for (let attempt = 1; attempt <= 20; attempt++) {
        const events = await readAll(log, streamId);
        if (events !== null) return events;
    }
    throw new Error('The log cannot be read from where it says that it begins');
}

/** Null when what comes next has been trimmed in the meantime. */
async function readAll(log: EventLog, streamId: string): Promise<LoggedEvent[] | null> {
    let { kept: since } = await log.claim(SESSION, streamId, 'reader');
    const events: LoggedEvent[] = [];
    for (let more = true; more; ) {
        const page = await log.read(SESSION, streamId, { since }, BATCH);
        if (page === null) return null;
        events.push(...page.events);
        ({ position: since, more } = page);
    }
    return events;
}

async function expectFinals(log: EventLog): Promise<void> {
    for (let n = 0; n < FINALS; n++) {
        expect((await held(log, `call ${n}`)).map(({ message }) => message)).toMatchObject([{ id: n, result: { n } }]);
    }
}

/** What is kept is the end of what was sent. */
function expectEnd(events: readonly LoggedEvent[], count: number): void {
    const numbers = events.map(({ message }) => numbered(message));
    expect(numbers.at(-1)).toBe(count - 1);
    // Lanes pass each other by a few calls at most.
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(count - events.length - LANES * BATCH);
    expect(new Set(numbers).size).toBe(numbers.length);
}

interface Place {
    open(options: LogOptions): EventLog;
    clear(): Promise<void>;
}

async function holdsCount({ open, clear }: Place, count: number): Promise<void> {
    const log = open({ maxEvents: 1000 });
    await fill(log, count);
    const events = await held(log, 'standalone');
    expect(events.length).toBeLessThanOrEqual(1000 - FINALS);
    expect(events.length).toBeGreaterThan(800 - FINALS);
    expectEnd(events, count);
    await expectFinals(log);
    await clear();
}

async function holdsBytes({ open, clear }: Place, count: number): Promise<void> {
    const log = open({ maxBytes: 65_536 });
    await fill(log, count);
    const events = await held(log, 'standalone');
    expect(bytesOf(events)).toBeLessThanOrEqual(65_536);
    expect(bytesOf(events)).toBeGreaterThan(32_768);
    expectEnd(events, count);
    await expectFinals(log);
    await clear();
}

async function holdsAge({ open, clear }: Place, count: number): Promise<void> {
    const log = open({ maxAgeSeconds: 1 });
    await fill(log, count);
    // What is too old goes with the next event.
    const last = count;
    const isLast = async () => {
        await log.append(SESSION, [event(last)]);
        return (await held(log, 'standalone')).every(({ message }) => numbered(message) === last);
    };
    await expect.poll(isLast, { timeout: 30_000, interval: 100 }).toBe(true);
    await clear();
}

/** A tenth goes to each of the other caps. */
async function holdsAll(place: Place, count: number): Promise<void> {
    await holdsCount(place, count * 0.8);
    await holdsBytes(place, count * 0.1);
    await holdsAge(place, count * 0.1);
}

describe('events of one session', { timeout: Math.max(120_000, sizeOf(0)) }, () => {
    const usual = 1_000_000;
    it(`B2: of ${sizeOf(usual)} in memory the caps on number, bytes and age hold, and results that nobody has seen go last`, async () => {
        let log = new InMemoryEventLog();
        const open = (options: LogOptions) => (log = new InMemoryEventLog(options));
        await holdsAll({ open, clear: () => log.close() }, sizeOf(usual));
    });

    describe.each([
        { kind: redis, name: redis.name, count: sizeOf(200_000) },
        { kind: postgres, name: postgres.name, count: sizeOf(200_000) },
        { kind: upstash, name: upstash.name, count: sizeOf(100_000) }
    ])('on $name', ({ kind, count }) => {
        let backend: Backend;
        beforeAll(async () => {
            backend = await kind.open();
        });
        afterAll(() => backend.close());

        it(`B2: of ${count} the caps on number, bytes and age hold, and results that nobody has seen go last`, async () => {
            await holdsAll({ open: options => backend.eventLog(options), clear: () => backend.clear() }, count);
        });
    });
});
