import { describe, expect, it } from 'vitest';
import { Fixture, mcpUrl, onOwnRedis } from './support/fixture.js';
import { CLIENT, Wire } from './support/wire.js';

const { fixture, server } = onOwnRedis();

describe('what is printed at debug level', () => {
    it('P4: a full run, with every kind of failure, prints no session id, event id, token or stored value', async () => {
        const cluster = await fixture.cluster(2, { DEBUG_LOG: '1', EVENT_STORE: '1', REVALIDATE_MS: '0' });
        const { nodes } = cluster;
        const [a, b] = nodes.map(mcpUrl);
        const secrets = new Set(['token1-of-alice', 'token2-of-alice', 'token1-of-mallory', 'event-', 'note://secret', CLIENT.name]);
        const begin = async () => {
            const wire = new Wire(a!, { authorization: 'Bearer token1-of-alice' });
            secrets.add(await wire.begin());
            return wire;
        };

        const alice = await begin();
        const onB = alice.at(b!, { authorization: 'Bearer token2-of-alice' });
        await onB.tool('echo', { text: 'spoken' });
        await onB.request('resources/subscribe', { uri: 'note://secret' });
        await alice.request('logging/setLevel', { level: 'loud' });
        await alice.at(b!, { authorization: 'Bearer token1-of-mallory' }).request('tools/list');
        await onB.open({ 'last-event-id': 'event-999' });
        await alice.request('tools/list', {}, { 'mcp-protocol-version': '1999-01-01' });
        await alice.http('POST', { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }, '{"half');

        // Records that cannot be read, and a Redis that refuses, hangs and is gone: each error comes with its cause.
        const key = await fixture.onlyKey();
        const value = (await fixture.redis.get(key)) ?? '';
        for (const bad of ['1:1:{"half', value.replace('"initialized":true', '"initialized":"secret"')]) {
            await fixture.redis.set(key, bad, 'PX', 60_000);
            expect((await onB.request('tools/list')).status).toBe(404);
        }
        await fixture.redis.del(key);
        await fixture.redis.hset(key, 'note://secret', 'note://secret');
        expect((await alice.request('tools/list')).status).toBeGreaterThanOrEqual(400);
        await fixture.redis.del(key);

        const second = await begin();
        await fixture.redis.config('SET', 'maxmemory', '1');
        expect((await second.request('resources/subscribe', { uri: 'note://secret/2' })).status).toBe(503);
        expect((await new Wire(a!).initialize()).status).toBe(503);
        await fixture.redis.config('SET', 'maxmemory', '0');
        await server().halt();
        expect((await second.request('tools/list')).status).toBe(503);
        await server().start();
        await Fixture.until('node A serves again', async () => (await second.request('tools/list')).status === 200);
        await second.end();

        const output = nodes.map(node => node.output).join('\n');
        expect(output).toContain('The session store failed');
        expect(output).toContain('counts as absent');
        expect([...secrets].filter(secret => output.includes(secret))).toEqual([]);
    }, 60_000);
});
