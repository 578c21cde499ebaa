import { describe, expect, it } from 'vitest';
import { seal, unseal, type Sealed } from './support/backends/redisRecord.js';
import { mcpUrl, onRedis, seen } from './support/fixture.js';
import { NOT_FOUND, Wire } from './support/wire.js';

const redis = onRedis();

/** A session whose record is in the store and which node B has never seen. */
async function begun() {
    await redis.clear();
    const { nodes } = await redis.cluster(2);
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    const key = await redis.onlyKey();
    const value = (await redis.redis.get(key)) ?? '';
    const write = (changed: string | Buffer) => redis.redis.set(key, changed, 'PX', 60_000);
    return { nodes, wire, onB: wire.at(mcpUrl(nodes[1]!)), key, value, write };
}

describe('records that are none', () => {
    const corrupt: [string, (sealed: Sealed) => string | Buffer][] = [
        ['empty', () => ''],
        ['not JSON', () => '1:1:{"sessionId":'],
        ['no envelope', ({ data }) => JSON.stringify(data)],
        ['binary', () => Buffer.from([0xff, 0xfe, 0x00, 0x31, 0x3a])],
        ['null', ({ format }) => `${format}:1:null`],
        ['a list', ({ format }) => `${format}:1:[]`],
        ['a number', ({ format }) => `${format}:1:7`],
        ['another session', sealed => seal({ ...sealed, data: { ...sealed.data, sessionId: 'another' } })],
        ['mistyped initialized', sealed => seal({ ...sealed, data: { ...sealed.data, initialized: 'yes' } })],
        ['mistyped createdAt', sealed => seal({ ...sealed, data: { ...sealed.data, createdAt: {} } })],
        ['mistyped subscriptions', sealed => seal({ ...sealed, data: { ...sealed.data, subscriptions: [1] } })],
        ['mistyped initializeParams', sealed => seal({ ...sealed, data: { ...sealed.data, initializeParams: 'none' } })],
        ['mistyped revision', sealed => seal({ ...sealed, data: { ...sealed.data, revision: -1 } })],
        ['no protocolVersion', ({ data, ...rest }) => seal({ ...rest, data: { ...data, protocolVersion: undefined } })],
        ['__proto__', ({ data, format }) => `${format}:1:${JSON.stringify(data).replace('{', '{"__proto__":{"polluted":true},')}`],
        [
            '__proto__ within',
            ({ data, format }) =>
                `${format}:1:${JSON.stringify(data).replace('"initializeParams":{', '"initializeParams":{"__proto__":{"polluted":true},')}`
        ],
        ['oversized', sealed => seal({ ...sealed, data: { ...sealed.data, metadata: { filler: 'x'.repeat(1_200_000) } } })]
    ];

    it('P6: each is absent for a cold node, which lives on and says so without the content', async () => {
        const { nodes, onB, value, write } = await begun();
        const sealed = unseal(value);
        for (const [what, make] of corrupt) {
            await write(make(sealed));
            const answer = await onB.request('tools/list');
            expect([what, answer.status, answer.body]).toEqual([what, 404, NOT_FOUND]);
        }
        const { errors } = await seen(nodes[1]!);
        expect(errors.join('\n')).not.toContain(onB.sessionId);
        expect(errors.join('\n')).not.toContain('polluted');

        await write(value);
        expect(await onB.tool('echo', { text: 'alive' })).toBe('alive');
        expect(nodes[1]!.isRunning).toBe(true);
    });

    it('P6: a key of another type in the place of a record is answered without internals, and the node lives', async () => {
        const { nodes, onB, key, value, write } = await begun();
        await redis.redis.del(key);
        await redis.redis.hset(key, 'field', 'value');
        const answer = await onB.request('tools/list');
        expect([404, 503]).toContain(answer.status);
        expect(answer.body).not.toMatch(/WRONGTYPE|redis/i);
        await write(value);
        expect(await onB.tool('echo', { text: 'alive' })).toBe('alive');
        expect(nodes[1]!.isRunning).toBe(true);
    });

    it('P6: a record that turns bad under a warm node is noticed', async () => {
        await redis.clear();
        const { nodes } = await redis.cluster(1, { REVALIDATE_MS: '0' });
        const wire = new Wire(mcpUrl(nodes[0]!));
        await wire.begin();
        await redis.redis.set(await redis.onlyKey(), '1:1:{}', 'PX', 60_000);
        expect((await wire.request('tools/list')).body).toBe(NOT_FOUND);
        expect(nodes[0]!.isRunning).toBe(true);
    });
});
