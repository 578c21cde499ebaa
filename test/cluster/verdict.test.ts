import { describe, expect, it } from 'vitest';
import { newSecret, Verdict, type Losses, type Seen } from './support/traffic/verdict.js';
import { NOT_FOUND, UNAVAILABLE } from './support/wire.js';

const secret = newSecret();
const UNKNOWN_EVENT = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid event ID format"},"id":null}';

function problems(seen: Partial<Seen>, losses: Losses = {}): number {
    const verdict = new Verdict(losses);
    verdict.note({ secret, what: 'call', status: 200, retryAfter: null, ...seen });
    return verdict.problems.length;
}

describe('the judgement of answers while a server fails', () => {
    it('lets pass what is right', () => {
        expect(problems({ status: 200, body: `data: ${secret}` })).toBe(0);
        expect(problems({ status: 202 })).toBe(0);
        expect(problems({ status: 503, retryAfter: '1', body: UNAVAILABLE })).toBe(0);
        expect(problems({ status: 404, body: NOT_FOUND }, { sessions: true })).toBe(0);
        expect(problems({ what: 'resume', status: 400, body: UNKNOWN_EVENT }, { writes: true })).toBe(0);
    });

    it.each<[string, Partial<Seen>, Losses?]>([
        ['an error of the server', { status: 500, body: '{}' }, { sessions: true, writes: true }],
        ['a session that is lost where nothing may be', { status: 404, body: NOT_FOUND }],
        ['an event that is lost where nothing may be', { what: 'resume', status: 400, body: UNKNOWN_EVENT }, { sessions: true }],
        ['400 for what is no event id', { status: 400, body: UNKNOWN_EVENT }, { writes: true }],
        ['an outage that does not say when to come again', { status: 503, body: UNAVAILABLE }],
        ['an outage that tells of the server', { status: 503, retryAfter: '1', body: 'connect ECONNREFUSED 127.0.0.1:6379' }],
        ['a 404 in other words', { status: 404, body: 'gone' }, { sessions: true }],
        ['data of another client', { body: `data: ${newSecret()}` }]
    ])('catches %s', (_, seen, losses) => {
        expect(problems(seen, losses)).toBe(1);
    });
});
