import { encryptBackend, exportHistory, readHistory, type HistoryEntry, type SessionBackend } from '@mcp-sessions/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encryption } from '../atRest/support/encryption.js';
import type { HandlerNode } from '../handler/support/handlerNode.js';
import { startNode } from '../handler/support/nodes.js';
import { initialize, request } from '../handler/support/requests.js';
import { all, messagesOf, words } from './support/entries.js';
import { places, type Place, type Storage } from './support/places.js';

const canary = 'canary-7d1f';
const echo = (node: HandlerNode, id: string, value: string) => request(node.url, id, 'tools/call', { name: 'echo', arguments: { value } });
const end = (node: HandlerNode, id: string) => fetch(node.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });

describe.each(places)('histories in $name', ({ open }) => {
    let place: Place;
    let storage: Storage;
    beforeAll(async () => {
        place = await open();
    });
    afterAll(() => place.close());
    afterEach(() => storage.close());

    /** Two nodes, each on a backend of its own, closed again before their storage is. */
    const start = async (backends: readonly SessionBackend[]) =>
        [await startNode({ backend: backends[0] }), await startNode({ backend: backends[1] })] as const;
    const read = (id: string, backend = storage.backends[0]!) => all(readHistory(backend.historyLog!, id));
    const readAll = async (id: string, count: number, backend?: SessionBackend): Promise<HistoryEntry[]> => {
        await expect.poll(async () => (await read(id, backend)).length, { timeout: 10_000 }).toBe(count);
        return read(id, backend);
    };

    it('H1, H2: are of all nodes, outlive their session, and are whole as JSON lines', async () => {
        storage = await place.storage({});
        const [first, second] = await start(storage.backends);
        const [id, other] = [await initialize(first.url), await initialize(second.url)];
        await echo(first, id, 'one');
        await readAll(id, 5);
        await echo(second, id, 'two');
        await echo(first, other, 'three');
        expect((await end(second, id)).status).toBe(200);
        const entries = await readAll(id, 8);
        expect(words(entries)).toEqual([
            ...['in initialize', 'out result', 'in notifications/initialized'],
            ...['in tools/call', 'out result', 'in tools/call', 'out result', 'ended by client']
        ]);
        expect(await storage.backends[0]!.sessionStore.getSession(id)).toBeNull();
        expect(JSON.stringify(entries)).not.toContain('three');

        const { historyLog } = storage.backends[1]!;
        const lines = (await all(exportHistory(historyLog!, id))).join('');
        expect(lines.endsWith('\n')).toBe(true);
        expect(
            lines
                .trimEnd()
                .split('\n')
                .map(line => JSON.parse(line) as unknown)
        ).toEqual(entries);
        const from = entries[4]!.position;
        expect(await all(readHistory(historyLog!, id, { after: from }))).toEqual(entries.slice(5));
        expect(await all(readHistory(historyLog!, id, { after: entries.at(-1)!.position }))).toEqual([]);
    });

    it('H3: keep within their bounds, and say where something was trimmed', async () => {
        storage = await place.storage({ maxMessages: 4 });
        const [first] = await start(storage.backends);
        const id = await initialize(first.url);
        const early = (await readAll(id, 3))[1]!.position;
        for (const value of ['one', 'two', 'three']) await echo(first, id, value);
        await expect.poll(async () => JSON.stringify((await read(id)).at(-1))).toContain('three');
        const entries = await read(id);
        expect(words(entries)).toEqual(['trimmed', 'in tools/call', 'out result', 'in tools/call', 'out result']);
        expect(await all(readHistory(storage.backends[0]!.historyLog!, id, { after: early }))).toEqual(entries);
        expect(await all(readHistory(storage.backends[0]!.historyLog!, id, { after: entries[2]!.position }))).toEqual(entries.slice(3));
    });

    it('H2: are gone when their retention is over, and not before, whether or not their session has ended', async () => {
        storage = await place.storage({ retentionSeconds: 1 });
        const [first] = await start(storage.backends);
        const [ended, living] = [await initialize(first.url), await initialize(first.url)];
        expect((await end(first, ended)).status).toBe(200);
        const began = performance.now();
        const wasThere = await readAll(ended, 4);
        // A busy machine may be late with the first look; what is there is then less, and this shows nothing.
        if (performance.now() - began < 500) expect(words(wasThere).at(-1)).toBe('ended by client');
        for (const id of [ended, living]) {
            await expect.poll(async () => messagesOf(await read(id)), { timeout: 10_000, interval: 100 }).toEqual([]);
        }
        await echo(first, living, 'later');
        await expect.poll(async () => words(await read(living))).toEqual(expect.arrayContaining(['in tools/call', 'out result']));
        expect(JSON.stringify(await read(living))).not.toContain('"initialize"');
    });

    it('P7: hold no word of a session where they are encrypted, and can be read with the keys', async () => {
        storage = await place.storage({});
        const backends = storage.backends.map(backend => encryptBackend(backend, encryption()));
        const [first, second] = await start(backends);
        const id = await initialize(first.url);
        await echo(second, id, canary);
        const entries = await readAll(id, 5, backends[0]);
        expect(JSON.stringify(entries)).toContain(canary);
        const stored = await storage.look();
        for (const text of [canary, 'tools/call', '"direction"', 'tester', id]) expect(stored.includes(text), text).toBe(false);
        expect(await read(id)).toEqual([]);
    });

    it('would show a word that is not encrypted', async () => {
        storage = await place.storage({});
        const [first] = await start(storage.backends);
        const id = await initialize(first.url);
        await echo(first, id, canary);
        await end(first, id);
        await readAll(id, 6);
        const stored = await storage.look();
        for (const text of [canary, 'tools/call', 'direction', 'tester']) expect(stored.includes(text), text).toBe(true);
    });
});
