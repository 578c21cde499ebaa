import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Commands } from './support/commands.js';
import { mcpUrl, onRedis, seen } from './support/fixture.js';
import type { State } from './support/server.js';
import { ACCEPT, NOT_FOUND, Wire, type Answer } from './support/wire.js';

const redis = onRedis();
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = { ...ACCEPT, 'content-type': 'application/json' };
const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { text: 'run' } } });

/** Every request that a session may get, with what of the answer could tell one case from another. */
async function everyRequest(wire: Wire): Promise<unknown[]> {
    const sse = { accept: 'text/event-stream' };
    const answers: Answer[] = [
        await wire.http('POST', post, call),
        await wire.notify('notifications/initialized'),
        await wire.http('GET', sse),
        await wire.http('GET', { ...sse, 'last-event-id': 'event-1' }),
        await wire.http('DELETE', {}),
        await wire.http('DELETE', { 'mcp-protocol-version': '1999-01-01' })
    ];
    return answers.map(({ status, headers, body }) => {
        const names = [...headers].filter(([name]) => name !== 'date');
        return { status, headers: Object.fromEntries(names), body };
    });
}

describe('whose session it is', () => {
    it.each([{ user: 'token1-of-mallory' }, { user: undefined }])(
        'P1: $user gets byte for byte the answers of an unknown id, on a warm and on a cold node, and nothing runs',
        async ({ user }) => {
            await redis.clear();
            const { nodes } = await redis.cluster(2, { EVENT_STORE: '1', REVALIDATE_MS: '0' });
            const alice = new Wire(mcpUrl(nodes[0]!), bearer('token1-of-alice'));
            await alice.begin();
            const key = await redis.onlyKey();
            const value = await redis.redis.get(key);
            await redis.redis.pexpire(key, 50_000);
            const headers = user === undefined ? {} : bearer(user);

            for (const node of nodes) {
                const mallory = alice.at(mcpUrl(node), headers);
                const stranger = new Wire(mcpUrl(node), headers);
                stranger.sessionId = 'f9ad2a34-0000-4000-8000-000000000000';
                const answers = await everyRequest(mallory);
                expect(answers).toEqual(await everyRequest(stranger));
                expect(answers[0]).toMatchObject({ status: 404, body: NOT_FOUND });
            }
            expect(await redis.redis.get(key)).toBe(value);
            expect(await redis.redis.pttl(key)).toBeLessThanOrEqual(50_000);
            expect(await seen(nodes[1]!)).toMatchObject({ restored: 0, closed: 0, transports: 0 });
            expect(await alice.tool('echo', { text: 'still mine' })).toBe('still mine');
            expect(await alice.at(mcpUrl(nodes[1]!)).tool('echo', { text: 'here too' })).toBe('here too');
        }
    );

    it('P1: initialize with the live id of somebody else begins a session of its own', async () => {
        const { nodes } = await redis.cluster(1);
        const alice = new Wire(mcpUrl(nodes[0]!), bearer('token1-of-alice'));
        const id = await alice.begin();
        const mallory = alice.at(alice.url, bearer('token1-of-mallory'));
        mallory.sessionId = id;
        const fresh = new Wire(alice.url, bearer('token1-of-mallory'));
        expect((await fresh.initialize()).status).toBe(200);
        expect(fresh.sessionId).not.toBe(id);
        const viaAlices = await mallory.request('initialize', {
            protocolVersion: '2025-11-25',
            clientInfo: { name: 'm', version: '1' },
            capabilities: {}
        });
        expect(viaAlices.headers.get('mcp-session-id')).not.toBe(id);
        expect(await alice.tool('echo', { text: 'mine' })).toBe('mine');
    });

    it('P1: a session that began without authentication is not that of somebody who authenticates', async () => {
        const { nodes } = await redis.cluster(1);
        const nobody = new Wire(mcpUrl(nodes[0]!));
        await nobody.begin();
        expect((await nobody.at(nobody.url, bearer('token1-of-mallory')).http('POST', post, call)).body).toBe(NOT_FOUND);
    });

    it('P2: authInfo is that of the live request, and no token, header or cookie is stored', async () => {
        await redis.clear();
        const { nodes } = await redis.cluster(2);
        const secrets = { cookie: 'login=secret-cookie', 'x-secret': 'secret-header' };
        const alice = new Wire(mcpUrl(nodes[0]!), { ...bearer('token1-of-alice'), ...secrets });
        await alice.begin();
        await alice.request('logging/setLevel', { level: 'error' });
        const later = alice.at(mcpUrl(nodes[1]!), { ...bearer('token2-of-alice'), ...secrets });
        expect((JSON.parse(await alice.tool('state')) as State).token).toBe('token1-of-alice');
        expect((JSON.parse(await later.tool('state')) as State).token).toBe('token2-of-alice');

        const value = await redis.redis.get(await redis.onlyKey());
        expect(value).not.toMatch(/secret|token|of-alice|bearer|cookie/i);
    });
});

describe('ids, keys and what is asked of the store', () => {
    it('P3: ids outside of 0x21 to 0x7E or over the limit are 404 and never reach the store', async () => {
        const { nodes } = await redis.cluster(1);
        const commands = await Commands.listen(redis.redis);
        const ids = ['a b', 'tab\there', 'caf\u00e9', '\u0080', 'x'.repeat(1025), 'x'.repeat(8000)];
        for (const id of ids) {
            for (const method of ['POST', 'GET', 'DELETE']) {
                expect([id, method, await rawStatus(nodes[0]!.port, method, id)]).toEqual([id, method, 404]);
            }
        }
        expect(await commands.take(redis.keyPrefix)).toEqual([]);
        commands.stop();
    });

    it('P3: a sessionIdGenerator that returns such an id fails initialize with 500 and leaves no record', async () => {
        await redis.clear();
        for (const SESSION_ID of ['has space', 'caf\u00e9', 'x'.repeat(1025)]) {
            const { nodes } = await redis.cluster(1, { SESSION_ID });
            const answer = await new Wire(mcpUrl(nodes[0]!)).initialize();
            expect([answer.status, answer.messages[0]?.error]).toEqual([500, { code: -32603, message: 'Internal error' }]);
        }
        expect(await redis.keys()).toEqual([]);
    });

    it('P3: a key holds the hash of the id and has a time to live', async () => {
        await redis.clear();
        const { nodes } = await redis.cluster(1);
        const id = await new Wire(mcpUrl(nodes[0]!)).begin();
        const hash = createHash('sha256').update(id).digest('base64url');
        expect(await redis.keys()).toEqual([`${redis.keyPrefix}{${hash}}`]);
        expect(await redis.redis.pttl(await redis.onlyKey())).toBeGreaterThan(0);
    });

    it('P5: a wrong Host is refused before the store is asked', async () => {
        const { nodes } = await redis.cluster(1, { ALLOWED_HOSTS: 'mcp.example' });
        const commands = await Commands.listen(redis.redis);
        for (const method of ['POST', 'GET', 'DELETE']) expect(await rawStatus(nodes[0]!.port, method, 'some-session')).toBe(403);
        expect(await commands.take(redis.keyPrefix)).toEqual([]);
        commands.stop();
    });

    it('P8: to look a session up creates nothing, nor does an initialize that fails', async () => {
        await redis.clear();
        const { nodes } = await redis.cluster(2);
        for (const node of nodes) {
            const unknown = new Wire(mcpUrl(node));
            unknown.sessionId = 'unknown';
            await everyRequest(unknown);
            const nameless = new Wire(mcpUrl(node));
            const answers = [
                await nameless.request('initialize', { clientInfo: {} }),
                await nameless.send([
                    { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} },
                    { jsonrpc: '2.0', id: 2, method: 'ping' }
                ]),
                await nameless.http('POST', post, '{"jsonrpc":"2.0","id":1,"method":"initialize"')
            ];
            expect(answers.every(({ status, messages }) => status >= 400 || messages[0]?.error !== undefined)).toBe(true);
        }
        expect(await redis.keys()).toEqual([]);
    });
});

/** `fetch` refuses some of these header values before they are sent. */
function rawStatus(port: number, method: string, sessionId: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
        const headers = { ...post, 'mcp-session-id': sessionId };
        const req = request({ host: '127.0.0.1', port, method, path: '/mcp', headers }, res => {
            res.resume();
            resolve(res.statusCode);
        });
        req.once('error', reject);
        req.end(method === 'POST' ? call : undefined);
    });
}
