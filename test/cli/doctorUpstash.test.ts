import { createSessionBackend } from '@mcp-sessions/backends';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { startUpstashRest, type UpstashRest, type UpstashRestOptions } from '../support/upstashRest.js';
import { examine, expectFinding, troubles, type Examined } from './support/doctor.js';
import { startRewritingProxy } from './support/rewritingProxy.js';
import { SessionServer } from './support/sessionServer.js';
import { undoing } from './support/undoing.js';

let redis: PrivateRedis;
let rest: UpstashRest;
const undo = undoing();

beforeAll(async () => {
    redis = await startPrivateRedis();
    rest = await startUpstashRest({ redisUrl: redis.url });
});
afterEach(async () => {
    rest.fault('pass');
    for (const step of undo.splice(0).reverse()) await step();
});
afterAll(async () => {
    await rest.stop();
    await redis.stop();
});

const look = (url = rest.url, token = rest.token): Promise<Examined> => examine('', [], { KV_REST_API_URL: url, KV_REST_API_TOKEN: token });
const lookAt = async (options: Partial<UpstashRestOptions>): Promise<Examined> => {
    const other = await startUpstashRest({ redisUrl: redis.url, ...options });
    undo.push(() => other.stop());
    return look(other.url, other.token);
};

describe('doctor, Upstash', () => {
    it('finds nothing where all is as it should be, for some sixty commands', async () => {
        const backend = await createSessionBackend({ url: rest.url, token: rest.token });
        const server = await SessionServer.start({ backend });
        await server.begin();
        rest.take();
        const examined = await look();
        expect(troubles(examined)).toEqual([]);
        expect(examined.code).toBe(0);
        expectFinding(examined, 'records', 'ok', /^1 session,/);
        expect(rest.take().commands.length).toBeLessThan(70);
        await server.stop();
        await backend.close();
        await redis.command('FLUSHALL');
    });

    it('F1: finds a wrong token, a token that may only read, and a service that does not answer; says no secret', async () => {
        const wrong = await look(rest.url, 'a-wrong-token');
        expectFinding(wrong, 'reach', 'problem', /refuses the token.*console/);
        expect(wrong.code).toBe(1);
        expect(JSON.stringify(wrong)).not.toContain('a-wrong-token');
        await redis.command('ACL', 'SETUSER', 'reader', 'on', '>x', '~*', '+@all', '-@write');
        undo.push(() => redis.command('ACL', 'DELUSER', 'reader'));
        expectFinding(await lookAt({ redisUrl: `redis://reader:x@127.0.0.1:${redis.port}` }), 'reach', 'problem', /may only read/);
        rest.fault({ status: 429 });
        expectFinding(await look(), 'reach', 'problem', /cannot be used.*quota/);
        expectFinding(await look('http://127.0.0.1:1'), 'reach', 'problem', /cannot be used/);
    });

    it('finds a region that lags behind, a limit that is low, and a long way', async () => {
        const replica = await startPrivateRedis();
        undo.push(() => replica.stop());
        expectFinding(await lookAt({ replicaUrl: replica.url }), 'consistency', 'note', /lags behind/);
        expectFinding(await lookAt({ maxRequestBytes: 1_000_000 }), 'size', 'warning', /8 MiB is refused.*maxEventBytes/);
        rest.fault({ delayMs: 22 });
        expectFinding(await look(), 'latency', 'warning', /same region/);
    });

    it('finds a clock that is off, and keys without an end', async () => {
        const late = (text: string) => text.replace(/\*2\r\n\$10\r\n(1\d{9})\r\n/, (_, s) => `*2\r\n$10\r\n${Number(s) + 90}\r\n`);
        const ahead = await startRewritingProxy(redis.port, late);
        undo.push(() => ahead.stop());
        await redis.command('SET', 'mcp:session:of-others', '1');
        const examined = await lookAt({ redisUrl: `redis://127.0.0.1:${ahead.port}` });
        expectFinding(examined, 'clock', 'warning', /(89|90)\.\d s ahead/);
        expectFinding(examined, 'keys', 'warning', /^1 of \d+ key/);
    });
});
