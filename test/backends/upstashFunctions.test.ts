import { fileURLToPath } from 'node:url';
import { digest } from '@mcp-sessions/core';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { NOT_FOUND, Wire, type Answer } from '../cluster/support/wire.js';
import { NodeProcess } from '../support/nodeProcess.js';
import { startUpstashRest, type UpstashRest } from '../support/upstashRest.js';

const script = fileURLToPath(new URL('../support/upstashFunction.ts', import.meta.url));
const execArgv = ['../../scripts/typescript.mjs', '../support/onSources.mjs'].flatMap(path => [
    '--import',
    fileURLToPath(new URL(path, import.meta.url))
]);
const patience = { timeout: 60_000, interval: 50 };
const patienceMs = 60_000;

let server: PrivateRedis;
let rest: UpstashRest;
let redis: Redis;
let keyPrefix = '';
const running = new Set<NodeProcess>();

beforeAll(async () => {
    server = await startPrivateRedis();
    rest = await startUpstashRest({ redisUrl: server.url });
    redis = new Redis(server.url);
});
afterAll(async () => {
    redis.disconnect();
    await rest.stop();
    await server.stop();
});
afterEach(async () => {
    await Promise.all([...running].map(node => node.kill()));
    running.clear();
});

/** A function that has just been started, and the session as a client has it there. */
async function start(wire?: Wire): Promise<{ node: NodeProcess; wire: Wire }> {
    const env = {
        UPSTASH_REDIS_REST_URL: rest.url,
        UPSTASH_REDIS_REST_TOKEN: rest.token,
        KEY_PREFIX: keyPrefix,
        NODE_NAME: `function-${running.size}`
    };
    const node = new NodeProcess({ name: env.NODE_NAME, script, env, execArgv });
    running.add(node);
    await node.start();
    const url = `${node.url}/mcp`;
    return { node, wire: wire ? wire.at(url) : new Wire(url) };
}

/** One request, served by a process that was started for it and is killed when its answer has ended. */
async function once<T>(wire: Wire | undefined, request: (wire: Wire) => Promise<T>): Promise<{ answer: T; wire: Wire }> {
    const started = await start(wire);
    const answer = await request(started.wire);
    await started.node.kill();
    return { answer, wire: started.wire };
}

/** A session that was begun by two functions that are gone. */
async function begun(): Promise<Wire> {
    keyPrefix = `test:${crypto.randomUUID()}:`;
    const opened = await once(undefined, wire => wire.initialize());
    expect(opened.answer.status).toBe(200);
    const confirmed = await once(opened.wire, wire => wire.notify('notifications/initialized'));
    expect(confirmed.answer.status).toBe(202);
    return confirmed.wire;
}

function texts(answer: Answer): unknown {
    return answer.messages.map(({ result, error }) => error ?? result);
}

// Most of the time goes into starting processes.
describe('functions that live for one request', { timeout: 180_000 }, () => {
    it('S2, S6: a session goes on, each request in a process of its own that is killed right after its answer', async () => {
        const wire = await begun();
        const level = await once(wire, at => at.request('logging/setLevel', { level: 'error' }));
        expect([level.answer.status, texts(level.answer)]).toEqual([200, [{}]]);
        await once(wire, at => at.request('resources/subscribe', { uri: 'note://one' }));
        const { answer } = await once(wire, async at => JSON.parse(await at.tool('state')) as Record<string, unknown>);
        expect(answer).toMatchObject({ logLevel: 'error', subscriptions: ['note://one'], client: { name: 'wire-client' } });
    });

    it('S10: a DELETE is whole when it is answered', async () => {
        const wire = await begun();
        await once(wire, at => at.tool('notify', { name: 'n', to: 2 }));
        expect((await once(wire, at => at.end())).answer.status).toBe(200);
        const { answer } = await once(wire, at => at.request('tools/list'));
        expect([answer.status, answer.body]).toEqual([404, NOT_FOUND]);
        // The notices to all sessions stay.
        const name = await digest(wire.sessionId!);
        const left = (await redis.keys(`${keyPrefix}*`)).filter(key => key.includes(name) && !key.includes(':mail:'));
        // What refuses late appends stays for a while.
        expect(await Promise.all(left.map(key => redis.hgetall(key)))).toEqual([{ dropped: '1' }]);
    });

    it('X1: a question that one function asks is answered by another that is killed right after', async () => {
        const wire = await begun();
        const asking = await start(wire);
        const call = await asking.wire.call('ask', { message: 'Which word?' });
        const question = await call.next(patienceMs);
        const { answer } = await once(wire, at => at.answer(question, 'blue'));
        expect(answer.status).toBe(202);
        expect(JSON.stringify(await call.next(patienceMs))).toContain('blue');
    });

    it('L3, X5: what was sent while nobody listened waits for the client, also when the process is gone', async () => {
        const wire = await begun();
        await once(wire, at => at.tool('notify', { name: 'n', to: 3 }));
        const { wire: later } = await start(wire);
        const stream = await later.listen();
        const data = [await stream.next(patienceMs), await stream.next(), await stream.next()].map(({ params }) => params?.['data']);
        expect(data).toEqual(['n-1', 'n-2', 'n-3']);
        await stream.cut();
    });

    it('X5, S10: what a function says at last is heard by another, though it is killed right after its answer', async () => {
        const wire = await begun();
        const { wire: listening } = await start(wire);
        const stream = await listening.listen();
        await once(wire, at => at.tool('notify', { name: 'n', to: 1 }));
        expect((await stream.next(patienceMs)).params?.['data']).toBe('n-1');
        expect((await once(wire, at => at.end())).answer.status).toBe(200);
        expect(await stream.rest(patienceMs)).toEqual([]);
    });

    it('L2: a call whose client lost its connection is gone on with through another function', async () => {
        const wire = await begun();
        const working = await start(wire);
        const call = await working.wire.call('count', { name: 'c', to: 20, intervalMs: 100 });
        await call.next();
        await call.cut();
        const { wire: later } = await start(wire);
        const resumed = await later.listen(call.lastEventId);
        const rest = await resumed.rest(patienceMs);
        expect(rest.map(({ params }) => params?.['data']).filter(Boolean)).toEqual(
            Array.from({ length: 19 }, (_, index) => `c-${index + 2}`)
        );
        expect(JSON.stringify(rest.at(-1)?.result)).toContain('c is done');
    });

    it('L5: a call that is killed at its time limit ends with an error for the client that resumes it', async () => {
        const wire = await begun();
        const working = await start(wire);
        const call = await working.wire.call('hang', { name: 'h' }, { id: 7 });
        await call.event();
        await working.node.kill();
        const { wire: later } = await start(wire);
        const rest = await (await later.listen(call.lastEventId)).rest(patienceMs);
        expect(rest).toMatchObject([{ id: 7, error: { code: -32000 } }]);
    });

    it('S6, S10: a frozen function knows what happened meanwhile when it is thawed', async () => {
        const wire = await begun();
        const frozen = await start(wire);
        await frozen.wire.tool('state');
        process.kill(frozen.node.pid!, 'SIGSTOP');
        await once(wire, at => at.request('logging/setLevel', { level: 'alert' }));
        process.kill(frozen.node.pid!, 'SIGCONT');
        await expect
            .poll(async () => JSON.parse(await frozen.wire.tool('state')) as unknown, patience)
            .toMatchObject({ logLevel: 'alert' });
        process.kill(frozen.node.pid!, 'SIGSTOP');
        await once(wire, at => at.end());
        process.kill(frozen.node.pid!, 'SIGCONT');
        expect((await frozen.wire.request('tools/list')).status).toBe(404);
    });
});
