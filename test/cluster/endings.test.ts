import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on } from './support/fixture.js';
import { ACCEPT, HEADER_REQUIRED, NOT_FOUND, Wire, type Answer } from './support/wire.js';

const ask = { ...ACCEPT, 'content-type': 'application/json' };
const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

/** POST, GET and DELETE of one session at one node. */
async function everyVerb(wire: Wire): Promise<Answer[]> {
    return [await wire.http('POST', ask, list), await wire.http('GET', { accept: 'text/event-stream' }), await wire.http('DELETE', {})];
}

function expectNotFound(answers: readonly Answer[]): void {
    expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [404, NOT_FOUND]));
    for (const { headers } of answers) expect(headers.get('content-type')).toBe('application/json');
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);
    let nodes: readonly NodeProcess[];

    beforeAll(async () => {
        ({ nodes } = await fixture.cluster(2, { REVALIDATE_MS: '200' }));
    });

    describe('sessions that are not there', () => {
        it('S8: an unknown, an expired and an ended session are 404 -32001 on POST, GET and DELETE, a missing header 400', async () => {
            const [a, b] = nodes.map(mcpUrl);
            const unknown = new Wire(a!);
            unknown.sessionId = '5f0e4a44-0000-4000-8000-000000000000';
            expectNotFound(await everyVerb(unknown));

            const ended = new Wire(a!);
            await ended.begin();
            expect((await ended.end()).status).toBe(200);
            expectNotFound([...(await everyVerb(ended)), ...(await everyVerb(ended.at(b!)))]);

            const expired = new Wire(a!);
            const id = await expired.begin();
            await fixture.backend.expire(id);
            await Fixture.until('the record is gone', async () => (await fixture.backend.record(id)) === undefined);
            expectNotFound(await everyVerb(expired.at(b!)));

            const nameless = await everyVerb(new Wire(a!));
            expect(nameless.map(({ status, body }) => [status, body])).toEqual(nameless.map(() => [400, HEADER_REQUIRED]));
        });

        it('S8: fifty requests at once for an unknown session are fifty times 404', async () => {
            const unknown = new Wire(mcpUrl(nodes[0]!));
            unknown.sessionId = 'nobody';
            expectNotFound(await Promise.all(Array.from({ length: 50 }, () => unknown.http('POST', ask, list))));
        });

        it('S8: a GET on a live session is never 404, on whichever node', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            for (const node of nodes) {
                const stream = await wire.at(mcpUrl(node)).open();
                expect(stream.status).toBe(200);
                stream.close();
            }
        });

        it('S9: initialize with a live id is 400 -32600 on every node and changes nothing', async () => {
            await fixture.backend.clear();
            const wire = new Wire(mcpUrl(nodes[0]!));
            const sessionId = await wire.begin();
            const before = await fixture.backend.record(sessionId);
            for (const node of nodes) {
                const answer = await wire.at(mcpUrl(node)).initialize();
                expect([answer.status, answer.messages[0]?.error?.code]).toEqual([400, -32600]);
            }
            expect((await fixture.backend.kept()).records).toBe(1);
            expect(await fixture.backend.record(sessionId)).toEqual(before);
            expect(wire.sessionId).toBe(sessionId);
            expect(await wire.at(mcpUrl(nodes[1]!)).tool('echo', { text: 'alive' })).toBe('alive');
        });

        it('S9: initialize with a dead id begins a new session with a new id', async () => {
            for (const dead of ['never-issued', 'not valid at all', 'x'.repeat(5000)]) {
                const wire = new Wire(mcpUrl(nodes[0]!));
                wire.sessionId = dead;
                const answer = await wire.initialize();
                expect(answer.status).toBe(200);
                expect(wire.sessionId).not.toBe(dead);
                expect(await wire.tool('echo', { text: 'new' })).toBe('new');
            }
        });
    });

    describe('DELETE against the rest of the world', () => {
        it('S10: after DELETE on one node a warm one answers 404 within revalidateMs', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            const onB = wire.at(mcpUrl(nodes[1]!));
            await onB.tool('echo', { text: 'warm' });
            expect((await wire.end()).status).toBe(200);
            const ended = performance.now();
            await Fixture.until('node B notices', async () => (await onB.request('tools/list')).status === 404, 1_000);
            expect(performance.now() - ended).toBeLessThan(1_000);
        });

        const races = kind.name === 'Redis' ? 1000 : 200;
        it(`S11: in ${races} races of DELETE against requests, touches and updates on another node no record comes back`, async () => {
            await fixture.backend.clear();
            // With 0 every request reads and extends the record, so each is a race.
            const racing = await fixture.cluster(2, { REVALIDATE_MS: '0' });
            const [a, b] = racing.nodes.map(mcpUrl);
            const statuses = new Set<number>();
            const race = async (n: number) => {
                const wire = new Wire(a!);
                await wire.initialize();
                const onB = wire.at(b!);
                const warm = n % 2 === 0;
                if (warm) await onB.notify('notifications/initialized');
                const rivals = [
                    () => onB.request('tools/call', { name: 'echo', arguments: { text: 'x' } }),
                    () => onB.request('logging/setLevel', { level: n % 4 < 2 ? 'error' : 'info' }),
                    () => onB.request('resources/subscribe', { uri: `note://${n}` }),
                    () => onB.notify('notifications/initialized')
                ];
                // DELETE sets out first, last, or in the midst of them.
                rivals.splice((n % 3) * 2, 0, () => wire.end());
                for (const { status } of await Promise.all(rivals.map(rival => rival()))) statuses.add(status);
                const after = await onB.request('tools/list');
                expect([after.status, after.body]).toEqual([404, NOT_FOUND]);
            };
            const lanes = Array.from({ length: 8 }, async (_, lane) => {
                for (let n = lane; n < races; n += 8) await race(n);
            });
            await Promise.all(lanes);
            expect(await fixture.backend.kept()).toMatchObject({ records: 0, logs: 0, immortal: [] });
            // A request that loses its race is told that the session is gone, and nothing else.
            expect([...statuses].filter(status => ![200, 202, 404].includes(status))).toEqual([]);
        }, 120_000);
    });
});
