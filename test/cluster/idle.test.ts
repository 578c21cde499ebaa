import { randomUUID } from 'node:crypto';
import { createRedisBackend } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../support/faultProxy.js';
import { Commands } from './support/commands.js';
import { Fixture, mcpUrl, onOwnRedis, seen } from './support/fixture.js';
import { Wire } from './support/wire.js';
import { logged } from './support/wireStream.js';

const { fixture, server } = onOwnRedis();

const past = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const channels = async (): Promise<string[]> => (await fixture.redis.pubsub('CHANNELS', `${fixture.keyPrefix}*`)) as string[];
const connections = async (): Promise<number> => ((await fixture.redis.call('CLIENT', 'LIST')) as string).trim().split('\n').length;

async function begun(env: Record<string, string>) {
    const { nodes } = await fixture.cluster(2, { BACKEND: 'redis', ...env });
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    const commands = await Commands.listen(fixture.redis);
    return { nodes, wire, onB: wire.at(mcpUrl(nodes[1]!)), commands, take: () => commands.take(fixture.keyPrefix) };
}

describe('with nothing pending', { timeout: 60_000 }, () => {
    it('B4: with push, no subscription and no key is left when nothing needs it', async () => {
        await fixture.clear();
        const { wire, onB, commands } = await begun({});
        const standalone = await onB.listen();
        const call = await wire.call('hang', { name: 'h' });
        await Fixture.until('the nodes and the reader listen', async () => (await channels()).length >= 4);
        await Promise.all([standalone.cut(), call.cut()]);
        await wire.cancel(1);
        await Fixture.until('nobody listens', async () => (await channels()).length === 0, 20_000);
        await wire.end();
        await Fixture.until('nobody listens after DELETE either', async () => (await channels()).length === 0, 20_000);
        expect((await fixture.keys()).every(key => key.endsWith(':log:state'))).toBe(true);
        commands.stop();
    });

    it('B4: close() leaves no connection, with push and without', async () => {
        for (const push of [true, false]) {
            const redis = new Redis(fixture.service.url);
            await redis.ping();
            const before = await connections();
            const backend = createRedisBackend({ redis, keyPrefix: `${fixture.keyPrefix}${randomUUID()}:`, push });
            const heard: string[] = [];
            const listener = { onMessage: (message: string) => void heard.push(message), onGap: () => undefined };
            await Promise.all(['nodes', 'session/one'].map(address => backend.messageBus.subscribe(address, listener)));
            await backend.messageBus.publish('nodes', 'hello');
            await Fixture.until('it is heard', () => heard.length === 1);
            expect(await connections()).toBe(before + (push ? 1 : 0));
            await backend.close();
            await Fixture.until('its connection is gone', async () => (await connections()) === before);
            // The caller's client stays the caller's.
            expect(await redis.ping()).toBe('PONG');
            redis.disconnect();
        }
    });
});

describe('what a request costs with the log on', { timeout: 60_000 }, () => {
    it('B3: a warm call costs one append and nothing of the store; one without messages in between costs no more', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '60000' });
        await wire.tool('echo', { text: 'the scripts are known now' });
        await take();
        for (let n = 0; n < 20; n++) await wire.tool('echo', { text: `${n}` });
        expect(await take()).toEqual(Array(20).fill('evalsha'));
        commands.stop();
    });

    it('B3: with revalidateMs 0 there is one GETEX for each request besides', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '0' });
        await wire.tool('echo', { text: 'the scripts are known now' });
        await take();
        for (let n = 0; n < 20; n++) await wire.tool('echo', { text: `${n}` });
        const names = await take();
        expect(names.filter(name => name === 'getex')).toHaveLength(20);
        expect(names.filter(name => name === 'evalsha')).toHaveLength(20);
        expect(names).toHaveLength(40);
        commands.stop();
    });

    it('B3, L10: a priming event costs nothing, nor does a call in JSON response mode', async () => {
        const { wire, commands, take } = await begun({ REVALIDATE_MS: '60000' });
        const call = await wire.call('hang', { name: 'primed' });
        expect((await call.event())?.id).toMatch(/~~/);
        // The node listens while a call runs; that is no key and no round trip of the request.
        expect((await take()).filter(name => !/^s?(un)?subscribe$/.test(name))).toEqual([]);
        await call.cut();

        const json = await begun({ REVALIDATE_MS: '60000', JSON_RESPONSE: '1' });
        for (let n = 0; n < 5; n++) await json.wire.tool('echo', { text: `${n}` });
        expect((await json.take()).filter(name => !/^s?(un)?subscribe$/.test(name))).toEqual([]);
        json.commands.stop();
        commands.stop();
    });

    it('B3: a cold request waits for one round trip only before its handler runs', async () => {
        const proxy = await FaultProxy.start(server().port);
        try {
            const { nodes, wire, onB } = await begun({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REVALIDATE_MS: '60000' });
            // Node B has its connections to Redis, and nothing of the session.
            await new Wire(onB.url).begin();
            await proxy.set({ answeredTurns: 1 });
            const call = await onB.call('hang', { name: 'cold' });
            await Fixture.until('the handler runs', async () => (await seen(nodes[1]!)).hanging.includes('cold'));
            await call.cut();
            expect(wire.sessionId).toBe(onB.sessionId);
        } finally {
            await proxy.stop();
        }
    });
});

describe('how long a session lives that has a log', { timeout: 60_000 }, () => {
    it('S12: an open GET on another node keeps record and log; when that node is killed, all of it ages out', async () => {
        await fixture.clear();
        const ttlMs = 3000;
        const { nodes, wire, onB, commands } = await begun({ TTL_SECONDS: String(ttlMs / 1000), REVALIDATE_MS: '100' });
        const call = await wire.call('count', { name: 'kept', to: 2 });
        const first = await call.event();
        await call.rest();
        const standalone = await onB.listen();
        await past(2 * ttlMs);
        expect((await (await wire.listen(first!.id)).rest()).map(logged)).toEqual(['kept-1', 'kept-2', undefined]);
        await wire.tool('notify', { name: 'still', to: 1 });
        expect(logged(await standalone.next())).toBe('still-1');

        for (const key of await fixture.keys()) expect(await fixture.redis.pttl(key)).toBeGreaterThan(0);
        const broken = expect(standalone.rest()).rejects.toThrow();
        await nodes[1]!.kill();
        await broken;
        await Fixture.until('nothing of it is left', async () => (await fixture.keys()).length === 0);
        commands.stop();
    });

    it('S12: a call that runs without a connection keeps them, and its result waits', async () => {
        await fixture.clear();
        const { wire, onB, commands } = await begun({ TTL_SECONDS: '2', REVALIDATE_MS: '100' });
        const call = await wire.call('wait', { ms: 5000 });
        const priming = await call.event();
        await call.cut();
        await past(4500);
        expect((await (await onB.listen(priming?.id)).rest()).length).toBe(1);
        commands.stop();
    });
});
