import { parseArgs } from 'node:util';
import { CASES, SERVERS } from './plan.mjs';

export const USAGE = `npm run bench -- [options]

  --quick             few and short rounds: shows that it works; the figures waver. Nothing is saved
  --only <cases>      one or more, with commas between them, of: ${Object.keys(CASES).join(', ')}
  --profile <server>  where the time of one server goes; one of: ${Object.keys(SERVERS).join(', ')}
  --json              with --profile: JSON response mode instead of event streams
  --initialize        with --profile: initialize instead of tools/call
  --help`;

/**
 * How long and how often. A full run takes about an hour.
 *
 * @typedef {object} Timing
 * @property {number} connections
 * @property {number} starts of both servers: one process may be luckier than another with what V8 compiles, and when
 * @property {number} rounds after each start, each with a slice of either server
 * @property {number} sliceMs
 * @property {number} warmUpRequests that each server has answered before it is measured: until then V8 still compiles
 * @property {number} warmUpRounds at most, on a machine that is too slow for that
 * @property {number} idleSessions
 * @property {number} storedSessions
 * @property {number[]} tools
 * @property {{ sessions: number, active: number, calls: number, every: number, localIdleMs: number, ttlSeconds: number }} crowd
 * @property {{ rounds: number, resumes: { events: number, rounds: number }[], stored: number[] }} nodes
 */
const FULL = {
    connections: 32,
    starts: 3,
    rounds: 4,
    sliceMs: 1000,
    warmUpRequests: 15_000,
    warmUpRounds: 10,
    idleSessions: 5000,
    storedSessions: 10_000,
    tools: [1, 10],
    // An hour's traffic in some four minutes; so a session is let go after 20 s, not 5 min, and lives for 2 min, not 30.
    crowd: { sessions: 100_000, active: 200, calls: 3, every: 5000, localIdleMs: 20_000, ttlSeconds: 120 },
    nodes: {
        rounds: 200,
        resumes: [
            { events: 1, rounds: 100 },
            { events: 100, rounds: 50 },
            { events: 10_000, rounds: 5 }
        ],
        stored: [1_000, 10_000, 100_000]
    }
};
const QUICK = {
    connections: 32,
    starts: 1,
    rounds: 3,
    sliceMs: 250,
    warmUpRequests: 4_000,
    warmUpRounds: 8,
    idleSessions: 1000,
    storedSessions: 1000,
    tools: [1],
    crowd: { sessions: 2000, active: 50, calls: 3, every: 500, localIdleMs: 500, ttlSeconds: 5 },
    nodes: {
        rounds: 20,
        resumes: [
            { events: 1, rounds: 5 },
            { events: 100, rounds: 5 }
        ],
        stored: [1_000]
    }
};

export function readOptions(args) {
    const { values } = parseArgs({
        args,
        options: {
            quick: { type: 'boolean', default: false },
            only: { type: 'string' },
            profile: { type: 'string' },
            json: { type: 'boolean', default: false },
            initialize: { type: 'boolean', default: false },
            help: { type: 'boolean', default: false }
        }
    });
    const only = values.only?.split(',');
    only?.forEach(name => expectName('--only', name, CASES));
    expectName('--profile', values.profile, SERVERS);
    return { ...values, only, timing: values.quick ? QUICK : FULL };
}

function expectName(option, value, names) {
    if (value === undefined || Object.hasOwn(names, value)) return;
    throw new Error(`${option} ${value}: there is no such thing. Choose one of: ${Object.keys(names).join(', ')}.`);
}
