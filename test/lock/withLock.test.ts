import { InMemorySessionLock, withLock, type SessionLock } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

function overridden(lock: SessionLock, methods: Partial<SessionLock>): SessionLock {
    return {
        acquire: (...args) => lock.acquire(...args),
        renew: (...args) => lock.renew(...args),
        release: (...args) => lock.release(...args),
        ...methods
    };
}

describe('withLock', () => {
    let lock: InMemorySessionLock;
    beforeEach(() => {
        lock = new InMemorySessionLock();
        vi.useFakeTimers();
    });
    afterEach(() => {
        vi.useRealTimers();
    });

    it('runs one after the other what asks for the same name, with growing fencing tokens', async () => {
        let running = 0;
        const tokens: number[] = [];
        const all = Promise.all(
            Array.from({ length: 20 }, () =>
                withLock(lock, 'n', async ({ fencingToken }) => {
                    expect(++running).toBe(1);
                    tokens.push(fencingToken);
                    await new Promise(resolve => setTimeout(resolve, 5));
                    running--;
                })
            )
        );
        await vi.runAllTimersAsync();
        await all;
        expect(tokens).toHaveLength(20);
        expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
        expect(new Set(tokens).size).toBe(20);
    });

    it('returns what the work returns, passes on what it throws, and lets the lock go in both cases', async () => {
        expect(await withLock(lock, 'n', () => 7)).toBe(7);
        await expect(withLock(lock, 'n', () => Promise.reject(new Error('work')))).rejects.toThrow('work');
        expect(await lock.acquire('n', 'me', 1)).not.toBeNull();
        await lock.release('n', 'me');
    });

    it('gives up after timeoutMs with LOCK_TIMEOUT, without having run the work', async () => {
        await lock.acquire('n', 'other', 60_000);
        const work = vi.fn();
        const waiting = expect(withLock(lock, 'n', work, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
        await vi.advanceTimersByTimeAsync(1000);
        await waiting;
        expect(work).not.toHaveBeenCalled();
        await lock.release('n', 'other');
    });

    it('gets the lock of a holder that has died when its lease runs out', async () => {
        await lock.acquire('n', 'dead', 3000);
        const result = withLock(lock, 'n', () => 'done');
        await vi.advanceTimersByTimeAsync(4000);
        expect(await result).toBe('done');
    });

    it('holds it for as long as the work takes, many leases long', async () => {
        const work = withLock(
            lock,
            'n',
            async ({ signal }) => {
                await new Promise(resolve => setTimeout(resolve, 10_000));
                return signal.aborted;
            },
            { leaseMs: 300 }
        );
        for (let elapsed = 0; elapsed < 9000; elapsed += 100) {
            await vi.advanceTimersByTimeAsync(100);
            expect(await lock.acquire('n', 'thief', 1000)).toBeNull();
        }
        await vi.advanceTimersByTimeAsync(2000);
        expect(await work).toBe(false);
    });

    it.each<[string, () => Promise<boolean>]>([
        ['is out of order', () => Promise.reject(new Error('down'))],
        ['does not answer', () => new Promise(() => undefined)]
    ])('aborts the signal by the end of the lease when the backend %s', async (_what, renew) => {
        let reason: unknown;
        let abortedAt = 0;
        const began = performance.now();
        const work = withLock(
            overridden(lock, { renew }),
            'n',
            ({ signal }) =>
                new Promise<void>(resolve => {
                    signal.addEventListener('abort', () => {
                        reason = signal.reason;
                        abortedAt = performance.now() - began;
                        resolve();
                    });
                }),
            { leaseMs: 3000 }
        );
        await vi.advanceTimersByTimeAsync(3100);
        await work;
        expect(reason).toMatchObject({ code: 'LOCK_LOST' });
        // Timers are fake: this is no measurement.
        expect(abortedAt).toBeLessThanOrEqual(3050);
    });

    it('aborts the signal at once when another holds the lock, and leaves that one alone', async () => {
        const work = withLock(
            lock,
            'n',
            async ({ signal }) => {
                await lock.acquire('n', 'nobody', 1);
                vi.spyOn(lock, 'renew').mockResolvedValueOnce(false);
                await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
            },
            { leaseMs: 300 }
        );
        await vi.advanceTimersByTimeAsync(150);
        await work;
    });

    it('survives one renewal that fails', async () => {
        let calls = 0;
        const renew: SessionLock['renew'] = (...args) => (++calls === 1 ? Promise.reject(new Error('down')) : lock.renew(...args));
        const work = withLock(
            overridden(lock, { renew }),
            'n',
            async ({ signal }) => {
                await new Promise(resolve => setTimeout(resolve, 2000));
                return signal.aborted;
            },
            { leaseMs: 300 }
        );
        await vi.advanceTimersByTimeAsync(2100);
        expect(await work).toBe(false);
        expect(calls).toBeGreaterThan(3);
    });

    it('lets an outage through while it waits, and one at the release pass: the lease runs out', async () => {
        const down = () => Promise.reject(new Error('down'));
        await expect(withLock(overridden(lock, { acquire: down }), 'n', () => 1)).rejects.toThrow('down');
        expect(await withLock(overridden(lock, { release: down }), 'n', () => 1, { leaseMs: 300 })).toBe(1);
        await vi.advanceTimersByTimeAsync(301);
        expect(await lock.acquire('n', 'next', 1)).not.toBeNull();
    });
});
