import { randomUUID } from 'node:crypto';
import { openStorage } from './server/storage.mjs';

const AT_ONCE = 100;
const EVENTS = 10;

/**
 * Bytes by which a database grows per session: with its record alone, and then with ten events in its log.
 *
 * @param {import('./stores/open.mjs').Store} store
 * @param {number} count
 */
export async function storedBytes(store, count) {
    const load = path => import(new URL(path, new URL('../packages/sdk/dist/esm/', import.meta.url)).href);
    const { backend, close } = await openStorage({ settings: store.settings, revalidateMs: 1000, isBackend: true }, load);
    const ids = Array.from({ length: count }, () => randomUUID());
    const empty = await store.bytes();
    await each(ids, id => backend.sessionStore.storeSession(id, record(id)));
    const withRecords = await store.bytes();
    await each(ids, id => backend.eventLog.append(id, events()));
    const withLogs = await store.bytes();
    await each(ids, async id => {
        await backend.sessionStore.deleteSession(id);
        await backend.eventLog.drop(id);
    });
    await close();
    return { record: (withRecords - empty) / count, log: (withLogs - withRecords) / count };
}

async function each(items, work) {
    for (let from = 0; from < items.length; from += AT_ONCE) await Promise.all(items.slice(from, from + AT_ONCE).map(work));
}

function record(sessionId) {
    const now = Date.now();
    return {
        sessionId,
        initialized: true,
        createdAt: now,
        lastActivity: now,
        schemaVersion: 1,
        revision: 2,
        etag: randomUUID(),
        protocolVersion: '2025-11-25',
        initializeParams: {
            protocolVersion: '2025-11-25',
            capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
            clientInfo: { name: 'an-ordinary-client', version: '1.0.0' }
        }
    };
}

function events() {
    return Array.from({ length: EVENTS }, (_, index) => ({
        streamId: `node12345678.${index}.1.check`,
        message: {
            jsonrpc: '2.0',
            id: index,
            result: { content: [{ type: 'text', text: 'an answer of a few words, as tools give them' }] }
        },
        finalOf: '0'
    }));
}
