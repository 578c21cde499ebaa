import { InMemoryMailbox, PollingBus, type BusListener, type Mailbox } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** A mailbox that counts its calls, and fails or hangs as it is told. */
class ObservedMailbox implements Mailbox {
    readonly inner = new InMemoryMailbox();
    readonly calls: string[] = [];
    fault: 'rejects' | 'hangs' | undefined;

    post(address: string, message: string): Promise<void> {
        this.calls.push(`post ${address}`);
        return this.outcome(() => this.inner.post(address, message));
    }

    collect: Mailbox['collect'] = cursors => {
        this.calls.push(`collect ${[...cursors.keys()].join(' ')}`);
        return this.outcome(() => this.inner.collect(cursors));
    };

    private outcome<T>(answer: () => Promise<T>): Promise<T> {
        if (this.fault === 'hangs') return new Promise(() => undefined);
        return this.fault ? Promise.reject(new Error('out of order')) : answer();
    }
}

class Listener implements BusListener {
    readonly heard: string[] = [];
    gaps = 0;
    onMessage(message: string): void {
        this.heard.push(message);
    }
    onGap(): void {
        this.gaps++;
    }
}

const mailbox = () => new ObservedMailbox();
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** When the next polls come, in milliseconds from now. */
async function pollTimes(box: ObservedMailbox, count: number): Promise<number[]> {
    const times: number[] = [];
    for (let ms = 1, calls = box.calls.length; times.length < count && ms < 20_000; ms++) {
        await after(1);
        if (box.calls.length > calls) times.push(ms);
        calls = box.calls.length;
    }
    return times;
}

beforeEach(() => {
    vi.useFakeTimers();
});
afterEach(() => {
    vi.useRealTimers();
});

describe('PollingBus', () => {
    it('B4: makes no call and has no timer while nothing is subscribed', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        await after(10_000);
        await bus.publish('nodes', '1');
        await after(10_000);
        expect(box.calls).toEqual(['post nodes']);
        const subscription = await bus.subscribe('nodes', new Listener());
        await after(10_000);
        await subscription.close();
        const calls = box.calls.length;
        expect(vi.getTimerCount()).toBe(0);
        await after(60_000);
        expect(box.calls).toHaveLength(calls);
    });

    it('B4: a subscription that ends before the first poll costs no call', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const subscriptions = await Promise.all(['nodes', 'node/a', 'nodes'].map(address => bus.subscribe(address, new Listener())));
        await after(49);
        await Promise.all(subscriptions.map(subscription => subscription.close()));
        await after(10_000);
        expect(box.calls).toEqual([]);
        expect(vi.getTimerCount()).toBe(0);
    });

    it('asks for all addresses in one call, soon at first and less and less while it is silent', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        for (const address of ['nodes', 'node/a', 'session/s', 'nodes']) {
            await bus.subscribe(address, new Listener());
        }
        const times = await pollTimes(box, 12);
        expect(new Set(box.calls)).toEqual(new Set(['collect nodes node/a session/s']));
        const pauses = times.map((time, index) => time - (times[index - 1] ?? 0));
        expect(pauses.slice(0, 3)).toEqual([50, 75, expect.closeTo(112.5, -0.5)]);
        expect(pauses.slice(-3)).toEqual([1000, 1000, 1000]);
        await bus.close();
    });

    it('asks soon again after a message, after a publication of its own, and for a new subscription', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const listener = new Listener();
        await bus.subscribe('nodes', listener);
        await after(20_000);
        expect(await pollTimes(box, 2)).toEqual([expect.any(Number), expect.any(Number)]);
        await box.inner.post('nodes', '1');
        const [heardAt = 0, next = 0] = await pollTimes(box, 2);
        expect(listener.heard).toEqual(['1']);
        expect(heardAt).toBeGreaterThan(900);
        expect(next - heardAt).toBe(50);

        await after(20_000);
        await bus.publish('node/b', '2');
        expect((await pollTimes(box, 1))[0]).toBeLessThanOrEqual(50);
        await after(20_000);
        await bus.subscribe('node/a', new Listener());
        expect((await pollTimes(box, 1))[0]).toBeLessThanOrEqual(50);
        await bus.close();
    });

    it('polls in time also when it publishes all the time', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        await bus.subscribe('nodes', new Listener());
        for (let i = 0; i < 50; i++) {
            await bus.publish('node/b', 'x');
            await after(20);
        }
        expect(box.calls.filter(call => call.startsWith('collect')).length).toBeGreaterThan(10);
        await bus.close();
    });

    it('has its own subscriptions begin before it publishes, so an answer that comes at once is heard', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const listener = new Listener();
        await bus.subscribe('session/s', listener);
        await bus.publish('nodes', 'question');
        expect(box.calls).toEqual(['collect session/s', 'post nodes']);
        await box.inner.post('session/s', 'answer');
        await after(50);
        expect(listener).toMatchObject({ heard: ['answer'], gaps: 1 });
        await bus.publish('nodes', 'another');
        expect(box.calls).toEqual(['collect session/s', 'post nodes', 'collect session/s', 'post nodes']);
        await bus.close();
    });

    it('X1: at the address of a node nothing is missed and nothing comes twice, whenever it listens', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const [first, second, third] = [new Listener(), new Listener(), new Listener()];
        await box.inner.post('node/a', 'before');
        const one = await bus.subscribe('node/a', first);
        await bus.publish('node/b', 'question');
        await box.inner.post('node/a', 'at once');
        expect(box.calls).toEqual(['post node/b']);
        await after(50);
        expect(first.heard).toEqual(['before', 'at once']);
        await one.close();
        await box.inner.post('node/a', 'meanwhile');
        const two = await bus.subscribe('node/a', second);
        await two.close();
        const three = await bus.subscribe('node/a', third);
        await after(50);
        expect([first.heard.length, second.heard, third.heard]).toEqual([2, [], ['meanwhile']]);
        await three.close();
        for (let i = 0; i < 100; i++) {
            const other = await bus.subscribe(`node/${i}`, new Listener());
            await after(50);
            await other.close();
        }
        expect(vi.getTimerCount()).toBe(0);
        await bus.close();
    });

    it('F2: after polls that failed it tells every listener of a gap, and loses and repeats no message', async () => {
        const box = mailbox();
        const errors: Error[] = [];
        const bus = new PollingBus(box, { onerror: error => errors.push(error) });
        const [one, two] = [new Listener(), new Listener()];
        await bus.subscribe('nodes', one);
        await bus.subscribe('node/a', two);
        await after(50);
        await box.inner.post('nodes', '1');
        box.fault = 'rejects';
        await after(5000);
        expect(errors.length).toBeGreaterThan(3);
        expect(errors.length).toBeLessThan(12);
        await expect(bus.publish('nodes', 'x')).rejects.toThrow();
        await box.inner.post('nodes', '2');
        box.fault = undefined;
        await after(5000);
        expect(one).toMatchObject({ heard: ['1', '2'], gaps: 2 });
        expect(two).toMatchObject({ heard: [], gaps: 2 });
        await after(5000);
        expect([one.gaps, two.gaps]).toEqual([2, 2]);
        await bus.close();
    });

    it('F2: a poll that is never answered does not end the polling', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const listener = new Listener();
        await bus.subscribe('nodes', listener);
        await after(50);
        box.fault = 'hangs';
        await after(100);
        box.fault = undefined;
        await box.inner.post('nodes', '1');
        await after(6000);
        expect(listener).toMatchObject({ heard: ['1'], gaps: 2 });
        await bus.close();
    });

    it('tells of a gap where the mailbox says that something was trimmed', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const listener = new Listener();
        await bus.subscribe('nodes', listener);
        await after(50);
        for (let i = 0; i < 600; i++) {
            await box.inner.post('nodes', String(i));
        }
        await after(1000);
        expect(listener.gaps).toBe(2);
        expect(listener.heard.at(-1)).toBe('599');
        await bus.close();
    });

    it('a subscription that begins while a poll is under way hears nothing from before it', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const [old, renewed] = [new Listener(), new Listener()];
        const subscription = await bus.subscribe('nodes', old);
        await after(50);
        await box.inner.post('nodes', 'before');
        const collect = box.collect;
        box.collect = async cursors => {
            box.collect = collect;
            const mail = await collect(cursors);
            await subscription.close();
            await bus.subscribe('nodes', renewed);
            return mail;
        };
        await after(1000);
        expect(old.heard).toEqual([]);
        expect(renewed).toMatchObject({ heard: [], gaps: 1 });
        await box.inner.post('nodes', 'behind');
        await after(1000);
        expect(renewed.heard).toEqual(['behind']);
        await bus.close();
    });

    it('close: ends all, leaves no timer and refuses more, also while a poll is under way', async () => {
        const box = mailbox();
        const bus = new PollingBus(box);
        const listener = new Listener();
        await bus.subscribe('nodes', listener);
        await after(50);
        await box.inner.post('nodes', '1');
        box.fault = 'hangs';
        await after(200);
        await bus.close();
        await after(6000);
        expect(vi.getTimerCount()).toBe(0);
        expect(listener.heard).toEqual([]);
        await expect(bus.publish('nodes', 'x')).rejects.toThrow('closed');
        await expect(bus.subscribe('nodes', listener)).rejects.toThrow('closed');
    });

    it('refuses intervals that are none', () => {
        for (const options of [{ minIntervalMs: 0 }, { minIntervalMs: NaN }, { minIntervalMs: 100, maxIntervalMs: 50 }]) {
            expect(() => new PollingBus(mailbox(), options)).toThrow(RangeError);
        }
    });
});
