import { Agent, request, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { BackendKind } from './support/backends/backend.js';
import { postgres } from './support/backends/postgres.js';
import { redis } from './support/backends/redis.js';
import { upstash } from './support/backends/upstash.js';
import { mcpUrl, on } from './support/fixture.js';
import { ACCEPT, CAPABILITIES, CLIENT, PROTOCOL, Wire } from './support/wire.js';

const TOO_MANY = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Too many sessions: try again later"},"id":null}';
const MAX = 300;
const MAX_OF_ONE = 10;
/** Well under the 511 that a Node server lets wait until it accepts them. */
const OPENED_AT_ONCE = 200;

const INITIALIZE = JSON.stringify({
    ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
    params: { protocolVersion: PROTOCOL, clientInfo: CLIENT, capabilities: CAPABILITIES }
});

interface Begun {
    url: string;
    person: string;
    status: number | undefined;
    headers: IncomingHttpHeaders;
    body: string;
}

/**
 * All at once, each on a connection of its own that was opened before: a kernel resets some of what thousands open in
 * one moment.
 */
async function beginAll(wanted: readonly { url: string; person: string }[]): Promise<Begun[]> {
    const begins: (() => Promise<Begun>)[] = [];
    for (let first = 0; first < wanted.length; first += OPENED_AT_ONCE) {
        const some = wanted.slice(first, first + OPENED_AT_ONCE);
        begins.push(...(await Promise.all(some.map(({ url, person }) => connected(url, person)))));
    }
    return Promise.all(begins.map(begin => begin()));
}

/** When the server has answered on a connection: what begins a session on it. */
async function connected(url: string, person: string): Promise<() => Promise<Begun>> {
    const agent = new Agent({ keepAlive: true });
    await answered(request(new URL('/', url), { agent }));
    return async () => {
        const headers = { ...ACCEPT, 'content-type': 'application/json', authorization: bearer(person) };
        const begun = await answered(request(url, { method: 'POST', headers, agent }), INITIALIZE);
        agent.destroy();
        return { url, person, ...begun };
    };
}

/** The answer to a request, however long it has to wait for that: `fetch` gives up when thousands want one. */
function answered(req: ClientRequest, body?: string): Promise<Pick<Begun, 'status' | 'headers' | 'body'>> {
    return new Promise((resolve, reject) => {
        req.once('response', res => {
            text(res).then(received => resolve({ status: res.statusCode, headers: res.headers, body: received }), reject);
        });
        req.once('error', reject).end(body);
    });
}

const bearer = (person: string): string => `Bearer token-of-${person}`;
const wasRefused = ({ status, headers, body }: Begun): boolean =>
    status === 503 && Number(headers['retry-after']) > 0 && headers['mcp-session-id'] === undefined && body === TOO_MANY;

/** Those that were let in. Fails when one of the others was not told to come again. */
function accepted(all: readonly Begun[]): Begun[] {
    expect(all.filter(one => one.status !== 200 && !wasRefused(one))).toEqual([]);
    return all.filter(({ status }) => status === 200);
}

async function end({ person, headers }: Begun, url: string): Promise<void> {
    const wire = new Wire(url, { authorization: bearer(person) });
    wire.sessionId = String(headers['mcp-session-id']);
    expect((await wire.end()).status).toBe(200);
}

const loads: { kind: BackendKind; name: string; requests: number }[] = [
    { kind: redis, name: redis.name, requests: 5000 },
    { kind: postgres, name: postgres.name, requests: 5000 },
    // The endpoint of the tests serves one request after the other.
    { kind: upstash, name: upstash.name, requests: 1000 }
];

describe.each(loads)('caps on sessions on $name', { timeout: 300_000 }, ({ kind, requests }) => {
    const fixture = on(kind);
    // So many at once have to wait; a store that does so is not one that is down.
    const patient = { STORE_TIMEOUT_MS: '60000' };

    it(`P9: ${requests} initialize at once on two nodes open as many sessions as there may be; the rest get 503, and leave nothing`, async () => {
        const caps = { MAX_SESSIONS: String(MAX), MAX_SESSIONS_PER_PRINCIPAL: String(MAX_OF_ONE) };
        const { nodes } = await fixture.cluster(2, { ...patient, ...caps });
        const urls = nodes.map(mcpUrl) as [string, string];
        // So many that the cap in total is reached a little before all of them have reached their own.
        const people = MAX / MAX_OF_ONE + 5;
        const wanted = (count: number, of: number) =>
            Array.from({ length: count }, (_, n) => ({ url: urls[(n + Math.floor(n / of)) % 2]!, person: `person${n % of}` }));
        const first = accepted(await beginAll(wanted(requests, people)));
        expect(first).toHaveLength(MAX);
        expect(new Set(first.map(({ headers }) => headers['mcp-session-id'])).size).toBe(MAX);
        for (let person = 0; person < people; person++) {
            expect(first.filter(one => one.person === `person${person}`).length).toBeLessThanOrEqual(MAX_OF_ONE);
        }
        expect(await fixture.backend.kept()).toMatchObject({ records: MAX, immortal: [] });

        // As many as end, on the node where they did not begin, fit in again.
        const ended = first.filter((_, index) => index % 3 === 0);
        for (const one of ended) await end(one, urls.find(url => url !== one.url)!);
        const second = accepted(await beginAll(wanted(5 * ended.length, 5 * ended.length)));
        expect(second).toHaveLength(ended.length);
        expect(await fixture.backend.kept()).toMatchObject({ records: MAX, immortal: [] });

        for (const one of [...first.filter(one => !ended.includes(one)), ...second]) await end(one, one.url);
        expect(await fixture.backend.kept()).toMatchObject({ records: 0, logs: 0, immortal: [] });
    });

    it('P9: 500 at once of one principal open exactly as many as one may have, and keep nobody else out', async () => {
        await fixture.backend.clear();
        const { nodes } = await fixture.cluster(2, { ...patient, MAX_SESSIONS_PER_PRINCIPAL: String(MAX_OF_ONE) });
        const urls = nodes.map(mcpUrl) as [string, string];
        const crowd = await beginAll(Array.from({ length: 500 }, (_, n) => ({ url: urls[n % 2]!, person: 'crowd' })));
        expect(accepted(crowd)).toHaveLength(MAX_OF_ONE);
        expect(accepted(await beginAll([{ url: urls[0], person: 'somebody' }]))).toHaveLength(1);
        expect(await fixture.backend.kept()).toMatchObject({ records: MAX_OF_ONE + 1, immortal: [] });
    });
});
