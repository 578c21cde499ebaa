import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Unanswered } from '../../packages/redis/src/clients/unanswered.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<string>(() => undefined);
const answer = () => Promise.resolve('answer');

it('F1: a server that answers nothing for a second is asked nothing more, until it is tried again', async () => {
    const calls = new Unanswered();
    void calls.ask('a', never);
    await vi.advanceTimersByTimeAsync(1500);
    await expect(calls.ask('a', answer)).rejects.toThrow('Redis answers nothing');
    expect(await calls.ask('b', answer)).toBe('answer');
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await calls.ask('a', answer)).toBe('answer');
});

it('a call that is never settled says nothing against a server that has answered a later one', async () => {
    const calls = new Unanswered();
    void calls.ask('a', never);
    for (let n = 0; n < 20; n++) {
        expect(await calls.ask('a', answer)).toBe('answer');
        await vi.advanceTimersByTimeAsync(2000);
    }
});
