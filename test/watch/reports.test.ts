import { expect, it } from 'vitest';
import { eventText } from '../../packages/cli/src/watch/eventText.js';
import { guarded } from '../../packages/cli/src/watch/guarded.js';
import { parseReport } from '../../src/watch/reports.js';

const session = 'JXzuAxB0';
const eventsOf = (...events: unknown[]) => parseReport(JSON.stringify({ from: 'AAAAAAAAAAAA', name: 'node', events }))?.events;

it('of what a node tells, events that lack a field or have another one in its place are passed over', () => {
    const whole = [
        { event: 'session-ended', at: 1, data: { session } },
        { event: 'request', at: 1, data: { method: 'POST', status: 200, durationMs: 1.5 } },
        { event: 'call-ended', at: 1, data: { session, method: 'tools/call', outcome: 'error', durationMs: 0, added: 'later' } },
        { event: 'answer-routed', at: 1, data: { session, outcome: 'delivered', to: 'AAAAAAAAAAAA' } },
        { event: 'answer-routed', at: 1, data: { session, outcome: 'gone' } },
        { event: 'answer-routed', at: 1, data: { session, outcome: 'unreachable' } },
        { event: 'store-down', at: 8.64e15, data: { durationMs: 3, reason: 'r'.repeat(5000) } }
    ];
    const broken = [
        { event: 'request', at: 1, data: {} },
        { event: 'request', at: 1, data: { method: 'POST', status: '200', durationMs: 1 } },
        { event: 'request', at: 1, data: { session: 7, method: 'POST', status: 200, durationMs: 1 } },
        { event: 'session-created', at: 1e300, data: { session } },
        { event: 'session-created', at: 1, data: { session: { toString: 1 } } },
        { event: 'session-created', at: 1, data: null },
        { event: 'call-ended', at: 1, data: { session, method: 'x', outcome: 'maybe', durationMs: 1 } },
        { event: 'answer-routed', at: 1, data: { session, outcome: 'delivered' } },
        { event: 'constructor', at: 1, data: {} },
        null
    ];
    const events = eventsOf(...whole, ...broken) ?? [];
    expect(events.map(({ event }) => event)).toEqual(whole.map(({ event }) => event));
    for (const { event, data, at } of events) {
        expect(eventText(event, data as never, id => id)).toEqual(expect.any(String));
        expect(new Date(at).toISOString()).toBeTruthy();
        expect(JSON.stringify(data).length).toBeLessThan(300);
    }
    expect(eventsOf(whole[2])?.[0]?.data).toEqual(whole[2]?.data);
    // 1e400 is infinite once it is read.
    const text = JSON.stringify({ from: 'AAAAAAAAAAAA', name: 'node', events: [whole[1]] }).replace('1.5', '1e400');
    expect(parseReport(text)?.events).toEqual([]);
});

it('what cannot be shown is passed over, and the next thing is shown', () => {
    const shown: number[] = [];
    const errors: unknown[] = [];
    const show = guarded(
        (count: number) => {
            if (count === 1) throw new RangeError('no such time');
            shown.push(count);
        },
        error => errors.push(error)
    );
    [0, 1, 2].forEach(count => show(count));
    expect([shown, errors]).toEqual([[0, 2], [expect.any(RangeError)]]);
});
