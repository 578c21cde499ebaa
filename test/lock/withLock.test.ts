import { InMemorySessionLock, withLock, type HeldLock, type SessionLock } from '@mcp-sessions/core';
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

    it('does not count on a lease that was granted in time and answered late', async () => {
        let inside = 0;
        let most = 0;
        const work = async ({ signal }: HeldLock) => {
            most = Math.max(most, ++inside);
            await new Promise<void>(resolve => {
                setTimeout(resolve, 500);
                signal.addEventListener('abort', () => resolve());
            });
            inside--;
        };
        let calls = 0;
        const acquire: SessionLock['acquire'] = async (...args) => {
            const token = await lock.acquire(...args);
            await new Promise(resolve => setTimeout(resolve, ++calls === 1 ? 700 : 0));
            return token;
        };
        const late = withLock(overridden(lock, { acquire }), 'n', work, { leaseMs: 600 });
        await vi.advanceTimersByTimeAsync(100);
        const other = withLock(lock, 'n', work, { leaseMs: 600 });
        await vi.advanceTimersByTimeAsync(5000);
        await Promise.all([late, other]);
        expect(most).toBe(1);
        expect(calls).toBeGreaterThan(1);
    });

    it('begins with what is left of a lease that was granted with a delay', async () => {
        const acquire: SessionLock['acquire'] = async (...args) => {
            const token = await lock.acquire(...args);
            await new Promise(resolve => setTimeout(resolve, 1000));
            return token;
        };
        const aborted = vi.fn();
        const began = performance.now();
        const work = withLock(
            overridden(lock, { acquire, renew: () => Promise.reject(new Error('down')) }),
            'n',
            ({ signal }) =>
                new Promise<void>(resolve => {
                    signal.addEventListener('abort', () => {
                        aborted(performance.now() - began);
                        resolve();
                    });
                }),
            { leaseMs: 3000 }
        );
        await vi.advanceTimersByTimeAsync(5000);
        await work;
        // Timers are fake: this is no measurement.
        expect(aborted.mock.calls[0]?.[0]).toBeLessThanOrEqual(3050);
    });

    it.each([500, 0])(
        'gives up after timeoutMs (%d) where the backend does not answer, and gives back what it is granted then',
        async timeoutMs => {
            let answer = (_token: Promise<number | null>): void => undefined;
            const acquire = vi.fn<SessionLock['acquire']>(() => new Promise(resolve => (answer = resolve)));
            const work = vi.fn();
            const outcome = vi.fn();
            withLock(overridden(lock, { acquire }), 'n', work, { timeoutMs, leaseMs: 1500 }).then(outcome, outcome);
            await vi.advanceTimersByTimeAsync(600);
            expect(outcome.mock.calls).toMatchObject([[{ code: 'LOCK_TIMEOUT' }]]);
            const [name, holder] = acquire.mock.calls[0] ?? [];
            answer(lock.acquire(name ?? '', holder ?? '', 60_000));
            await vi.advanceTimersByTimeAsync(0);
            expect(await lock.acquire('n', 'next', 1)).not.toBeNull();
            expect(work).not.toHaveBeenCalled();
            expect(acquire).toHaveBeenCalledTimes(1);
        }
    );

    it('asks once with a timeoutMs of 0', async () => {
        expect(await withLock(lock, 'n', () => 'free', { timeoutMs: 0 })).toBe('free');
        await lock.acquire('n', 'other', 60_000);
        await expect(withLock(lock, 'n', () => 'held', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    });

    it('returns what the work has returned when the backend does not answer the release', async () => {
        const outcome = vi.fn();
        const release = () => new Promise<boolean>(() => undefined);
        withLock(overridden(lock, { release }), 'n', () => 'result', { leaseMs: 300 }).then(outcome, outcome);
        await vi.advanceTimersByTimeAsync(300);
        expect(outcome.mock.calls).toEqual([['result']]);
    });

    it.each([
        { leaseMs: NaN },
        { leaseMs: Infinity },
        { leaseMs: 0 },
        { leaseMs: -1 },
        { timeoutMs: NaN },
        { timeoutMs: Infinity },
        { timeoutMs: -1 }
    ])('refuses %o before the lock is asked for', async options => {
        const acquire = vi.fn<SessionLock['acquire']>(async () => 1);
        await expect(withLock(overridden(lock, { acquire }), 'n', () => 1, options)).rejects.toThrow(RangeError);
        expect(acquire).not.toHaveBeenCalled();
    });

    it('lets an outage through while it waits, and one at the release pass: the lease runs out', async () => {
        const down = () => Promise.reject(new Error('down'));
        await expect(withLock(overridden(lock, { acquire: down }), 'n', () => 1)).rejects.toThrow('down');
        expect(await withLock(overridden(lock, { release: down }), 'n', () => 1, { leaseMs: 300 })).toBe(1);
        await vi.advanceTimersByTimeAsync(301);
        expect(await lock.acquire('n', 'next', 1)).not.toBeNull();
    });
});
