import { createMemoryBackend, InMemoryEventLog, InMemoryMessageBus } from '@mcp-sessions/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { event, final, readTexts } from '../../packages/testkit/src/eventLog/support.js';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

afterEach(() => {
    vi.useRealTimers();
});

describe('InMemoryEventLog', () => {
    it('B1: logs that are abandoned go when others are written', async () => {
        vi.useFakeTimers();
        const log = new InMemoryEventLog({ ttlSeconds: 60 });
        for (const index of numbers(2000)) {
            await log.append(`abandoned-${index}`, [event('s', 1)]);
        }
        vi.advanceTimersByTime(61_000);
        for (let writes = 0; log.size > 1; writes++) {
            expect(writes).toBeLessThan(1000);
            await log.append('in use', [event('s', 1)]);
        }
        expect(vi.getTimerCount()).toBe(0);
    });

    it('B2: of a million events in one session the last 10,000 are held', async () => {
        const log = new InMemoryEventLog();
        for (const round of numbers(10_000)) {
            await log.append(
                'session',
                numbers(100).map(index => event(`s${index % 3}`, round * 100 + index))
            );
        }
        const { kept } = await log.claim('session', 's0', 'a');
        const texts = (await readTexts(log, 'session', 's0', { since: kept }, 1000)) ?? [];
        expect(texts).toHaveLength(3400);
        expect(texts.at(-1)).toBe('999999');
    });

    it('B2: that a request has its final response is forgotten with that response', async () => {
        const log = new InMemoryEventLog({ maxEvents: 5 });
        await log.append('session', [final('s', 1)]);
        await log.append(
            'session',
            numbers(4).map(index => event('t', index))
        );
        expect(await log.append('session', [final('s', 2)])).toEqual([null]);
        await log.append('session', [event('t', 5)]);
        expect(await log.append('session', [final('s', 3)])).toEqual([expect.any(String)]);
    });

    it('B2: of streams without events a thousand are remembered, and those that nobody holds are forgotten first', async () => {
        const log = new InMemoryEventLog();
        const reader = async (streamId: string) => (await log.read('session', streamId, { since: '' }, 1))?.reader;
        await log.claim('session', 'held', 'a');
        for (const index of numbers(2900)) {
            await log.claim('session', `s${index}`, 'b');
            if (index % 3 > 0) await log.release('session', `s${index}`, 'b', '');
        }
        expect(await reader('held')).toBe('a');
        expect(await reader('s2898')).toBe('b');
        expect(await reader('s0')).toBe('b');
        for (const index of numbers(2000)) {
            await log.claim('session', `t${index}`, 'b');
        }
        expect(await reader('held')).toBeUndefined();
        const [position] = await log.append('session', [event('s0', 1)]);
        expect(await readTexts(log, 'session', 's0')).toEqual(['1']);
        expect(position).not.toBeNull();
    });

    it('L1: positions of a later log are behind those of an earlier one', async () => {
        const positions: number[] = [];
        for (const _ of numbers(3)) {
            positions.push(...(await new InMemoryEventLog().append('session', [event('s', 1), event('s', 2)])).map(Number));
        }
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    });

    it('a message that cannot be JSON leaves nothing of its call in the log', async () => {
        const log = new InMemoryEventLog();
        const circular: Record<string, unknown> = {};
        circular['self'] = circular;
        await expect(
            log.append('session', [event('s', 1), { streamId: 's', message: { jsonrpc: '2.0', method: 'x', params: circular } }])
        ).rejects.toThrow(TypeError);
        expect(await readTexts(log, 'session', 's')).toEqual([]);
    });

    it('refuses limits that are none', () => {
        for (const name of ['ttlSeconds', 'maxEvents', 'maxBytes', 'maxAgeSeconds']) {
            for (const value of [0, -1, NaN]) {
                expect(() => new InMemoryEventLog({ [name]: value })).toThrow(RangeError);
            }
        }
    });
});

describe('createMemoryBackend', () => {
    it('S3: nodes that share a memory have one store and one log, and a bus each; closing one ends only its bus', async () => {
        const a = createMemoryBackend({ ttlSeconds: 60 });
        const b = createMemoryBackend({ shareWith: a });
        const alone = createMemoryBackend();
        expect([b.sessionStore, b.eventLog]).toEqual([a.sessionStore, a.eventLog]);
        expect(b.messageBus).not.toBe(a.messageBus);
        expect(a.sessionStore.ttlMs).toBe(60_000);
        await a.sessionStore.storeSession('s', { sessionId: 's', initialized: true, createdAt: 1, lastActivity: 1 });
        expect(await alone.sessionStore.getSession('s')).toBeNull();

        await b.messageBus.subscribe('nodes', { onMessage: () => undefined, onGap: () => undefined });
        expect(await alone.messageBus.publish('nodes', 'x')).toBe(0);
        expect(await a.messageBus.publish('nodes', 'x')).toBe(1);
        await b.close();
        await b.close();
        expect(await a.messageBus.publish('nodes', 'x')).toBe(0);
        await expect(b.messageBus.publish('nodes', 'x')).rejects.toThrow('closed');
        expect(await b.sessionStore.sessionExists('s')).toBe(true);
        await a.close();
        const restarted = createMemoryBackend({ shareWith: a });
        expect(await restarted.sessionStore.sessionExists('s')).toBe(true);
        expect(await restarted.messageBus.publish('nodes', 'x')).toBe(0);
    });
});

describe('InMemoryMessageBus', () => {
    it('leaves nothing behind at addresses that nobody listens at any more', async () => {
        const bus = new InMemoryMessageBus();
        const heard: string[] = [];
        const listener = { onMessage: (message: string) => void heard.push(message), onGap: () => undefined };
        const subscriptions = await Promise.all(numbers(100).map(index => bus.subscribe(`session/${index}`, listener)));
        expect(bus.size).toBe(100);
        await Promise.all(subscriptions.map(subscription => subscription.close()));
        expect(bus.size).toBe(0);
    });
});
