import { UpstashEventLog, UpstashMailbox, UpstashSessionStore } from '@mcp-sessions/upstash';
import { Redis } from '@upstash/redis';
import { Redis as Server } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { startUpstashRest, type UpstashRest } from '../support/upstashRest.js';

/** A region that lags behind for good: it has nothing of what is written. */
let region: PrivateRedis;
let primary: PrivateRedis;
let rest: UpstashRest;

beforeAll(async () => {
    [primary, region] = await Promise.all([startPrivateRedis(), startPrivateRedis()]);
    rest = await startUpstashRest({ redisUrl: primary.url, replicaUrl: region.url });
});
afterAll(async () => {
    await rest.stop();
    await Promise.all([primary.stop(), region.stop()]);
});

const session = { sessionId: 'id', initialized: true, createdAt: 1, lastActivity: 1, revision: 1 };
const connect = () => new Redis(rest);

describe('a database with a region that lags behind', () => {
    it('the plain reads of a new client are answered there, as the service documents it', async () => {
        const writer = connect();
        await writer.set('key', 'value');
        expect([await writer.get('key'), await connect().get('key')]).toEqual(['value', null]);
    });

    it('S4: a record is seen at once by every other process', async () => {
        await new UpstashSessionStore({ redis: connect() }).createSession('id', session);
        expect(await new UpstashSessionStore({ redis: connect() }).getSession('id')).toMatchObject({ sessionId: 'id', revision: 1 });
        expect(await new UpstashSessionStore({ redis: connect() }).sessionExists('id')).toBe(true);
        expect(await new UpstashSessionStore({ redis: connect() }).getAndTouchSession('id')).toMatchObject({ sessionId: 'id' });
        await new UpstashSessionStore({ redis: connect() }).deleteSession('id');
        expect(await new UpstashSessionStore({ redis: connect() }).getSession('id')).toBeNull();
    });

    it('S4: the same without sync tokens', async () => {
        const untold = () => new Redis({ url: rest.url, token: rest.token, readYourWrites: false });
        const store = new UpstashSessionStore({ redis: untold() });
        await store.createSession('id', session);
        expect(await store.getSession('id')).toMatchObject({ sessionId: 'id', revision: 1 });
    });

    it('L2, X1: events and messages are seen at once by every other process', async () => {
        const message = { jsonrpc: '2.0' as const, method: 'm' };
        await new UpstashEventLog({ redis: connect() }).append('id', [{ streamId: 's', message }]);
        const page = await new UpstashEventLog({ redis: connect() }).read('id', 's', { since: '' }, 10);
        expect(page?.events.map(event => event.message)).toEqual([message]);
        await new UpstashMailbox({ redis: connect() }).post('node/a', 'hello');
        const mail = await new UpstashMailbox({ redis: connect() }).collect(new Map([['node/a', '']]));
        expect(mail.get('node/a')?.messages).toEqual(['hello']);
    });

    it('nothing of ours was ever written or read there', async () => {
        const server = new Server(region.url);
        expect(await server.dbsize()).toBe(0);
        server.disconnect();
    });
});
