// What it costs to encrypt a record and an event: CPU time of this process, both ways, for one kilobyte and for a hundred.
//     node --import ./scripts/typescript.mjs bench/encryption.mjs
import { randomBytes } from 'node:crypto';
import { encryptEventLog, encryptSessionStore } from '../src/index.js';

const rounds = 7;
const encryption = { keys: [{ id: 'bench', key: randomBytes(32) }] };

/** A store and a log that keep one thing, so that nothing but the encryption costs anything. */
const kept = {};
const store = encryptSessionStore(
    {
        storeSession: async (_id, data) => void (kept.record = data),
        getSession: async () => kept.record,
        updateSessionActivity: async () => undefined,
        deleteSession: async () => undefined,
        sessionExists: async () => true
    },
    encryption
);
const log = encryptEventLog(
    {
        append: async (_id, [event]) => {
            kept.event = event;
            return ['1'];
        },
        read: async () => ({ events: [{ position: '1', message: kept.event.message }], position: '1', more: false, reader: undefined })
    },
    encryption
);

const sessionId = 'session';
for (const bytes of [1000, 100_000]) {
    const text = randomBytes(bytes / 2).toString('hex');
    const record = {
        sessionId,
        initialized: true,
        createdAt: 1,
        lastActivity: 1,
        revision: 1,
        protocolVersion: '2025-11-25',
        metadata: { text }
    };
    const event = { streamId: 'stream', message: { jsonrpc: '2.0', method: 'notifications/message', params: { text } } };
    const cases = {
        'seal a record': () => store.storeSession(sessionId, record),
        'open a record': () => store.getSession(sessionId),
        'seal an event': () => log.append(sessionId, [event]),
        'open an event': () => log.read(sessionId, 'stream', { since: '' }, 1)
    };
    for (const [name, run] of Object.entries(cases)) {
        console.log(`${name} of ${bytes / 1000} kB: ${await median(run, bytes < 10_000 ? 2000 : 100)} µs`);
    }
}

/** Microseconds of CPU time per run, threads of the runtime included. */
async function median(run, times) {
    const figures = [];
    for (let round = 0; round < rounds; round++) {
        const before = process.cpuUsage();
        for (let i = 0; i < times; i++) {
            await run();
        }
        const { user, system } = process.cpuUsage(before);
        figures.push((user + system) / times);
    }
    return Math.round(figures.sort((a, b) => a - b)[rounds >> 1]);
}
