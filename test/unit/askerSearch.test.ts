import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AskerSearch } from '../../src/transport/askerSearch.js';

type Outcome = 'yes' | 'gone' | 'silent';

let asked: string[];
let answers: Record<string, Outcome>;
const search = () => new AskerSearch();
const ask = (from: AskerSearch, node: string) =>
    from.reach(node, () => {
        asked.push(node);
        return Promise.resolve(answers[node] ?? 'gone');
    });

beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    answers = {};
});
afterEach(() => {
    vi.useRealTimers();
});

it('X1: a node that finds its connection again gets all its answers, though it is looked for once', async () => {
    const nodes = search();
    const reached = Promise.all(Array.from({ length: 10 }, () => ask(nodes, 'A')));
    await vi.advanceTimersByTimeAsync(3000);
    // Each answer is tried once, and then one of them for all.
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.length).toBeLessThan(10 + 15);
    asked = [];
    answers = { A: 'yes' };
    await vi.advanceTimersByTimeAsync(300);
    expect(await reached).toEqual(Array(10).fill('yes'));
    expect(asked).toHaveLength(10);
});

it('X1: a node that is gone is said to be after some seconds, and for some seconds is not looked for again', async () => {
    const nodes = search();
    const reached = Promise.all([ask(nodes, 'A'), ask(nodes, 'A')]);
    await vi.advanceTimersByTimeAsync(7000);
    expect(await reached).toEqual(['gone', 'gone']);
    asked = [];
    expect(await ask(nodes, 'A')).toBe('gone');
    expect(asked).toHaveLength(1);
    // It may have begun to listen: one with nothing to wait for does not.
    answers = { A: 'yes' };
    expect(await ask(nodes, 'A')).toBe('yes');
    answers = {};
    await vi.advanceTimersByTimeAsync(5000);
    asked = [];
    const again = ask(nodes, 'A');
    await vi.advanceTimersByTimeAsync(7000);
    expect(await again).toBe('gone');
    expect(asked.length).toBeGreaterThan(5);
});

it('X1: names that a client makes up cost no more than some searches; what is not looked for may come again', async () => {
    const nodes = search();
    const outcomes = Promise.all(Array.from({ length: 100 }, (_, node) => ask(nodes, String(node))));
    await vi.advanceTimersByTimeAsync(8000);
    expect((await outcomes).sort()).toEqual([...Array<string>(4).fill('gone'), ...Array<string>(96).fill('silent')]);
    expect(asked.length).toBeLessThan(100 + 4 * 30);
});

it('F5: when it is stopped, what is under way ends at once and nothing is looked for any more', async () => {
    const nodes = search();
    const reached = Promise.all([ask(nodes, 'A'), ask(nodes, 'A'), ask(nodes, 'B')]);
    await vi.advanceTimersByTimeAsync(1000);
    asked = [];
    nodes.stop();
    expect(await reached).toEqual(['silent', 'silent', 'silent']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual([]);
    expect(await ask(nodes, 'C')).toBe('silent');
    expect(vi.getTimerCount()).toBe(0);
});
