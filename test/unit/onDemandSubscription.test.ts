import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BusListener, MessageBus } from '@mcp-sessions/core';
import { OnDemandSubscription } from '../../src/cluster/onDemandSubscription.js';

let isDown: boolean;
let gaps: number;
let subscribed: BusListener[];
const bus: MessageBus = {
    publish: () => Promise.resolve(1),
    subscribe: async (_address, listener) => {
        if (isDown) throw new Error('down');
        subscribed.push(listener);
        return { close: async () => void subscribed.splice(subscribed.indexOf(listener), 1) };
    }
};
const open = () => new OnDemandSubscription(bus, 'nodes', { onMessage: () => undefined, onGap: () => void gaps++ }, 0);

beforeEach(() => {
    vi.useFakeTimers();
    isDown = false;
    gaps = 0;
    subscribed = [];
});
afterEach(() => {
    vi.useRealTimers();
});

it('F2: one that failed is made good by itself, and what was missed is looked for', async () => {
    const subscription = open();
    isDown = true;
    await expect(subscription.acquire()).rejects.toThrow('down');
    await vi.advanceTimersByTimeAsync(2500);
    expect([subscribed.length, gaps]).toEqual([0, 0]);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect([subscribed.length, gaps]).toEqual([1, 1]);
});

it('F2: or by who needs it next, and what the first one missed is looked for', async () => {
    const subscription = open();
    isDown = true;
    await expect(subscription.acquire()).rejects.toThrow('down');
    isDown = false;
    await Promise.all([subscription.acquire(), subscription.acquire()]);
    expect([subscribed.length, gaps]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(5000);
    expect([subscribed.length, gaps]).toEqual([1, 1]);
});

it('nobody has missed anything where nobody needed it any more', async () => {
    const subscription = open();
    isDown = true;
    await expect(subscription.acquire()).rejects.toThrow('down');
    subscription.release();
    isDown = false;
    await subscription.acquire();
    expect([subscribed.length, gaps]).toEqual([1, 0]);
});
