import { createSessionBackend, type ChosenBackend } from '@mcp-sessions/backends';
import { digest } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, startPrivateRedis, startRedisCluster } from '../../scripts/services.mjs';
import { startUpstashRest } from '../support/upstashRest.js';
import { runCli, type CliOptions } from './support/runCli.js';
import { SessionServer, type BegunSession } from './support/sessionServer.js';

type Env = Record<string, string>;

/** How each backend is named in the environment, and how it is ended. */
const backends: Record<string, () => Promise<{ env: Env; words: string[]; stop(): Promise<void> }>> = {
    async Redis() {
        const redis = await startPrivateRedis();
        return { env: { REDIS_URL: redis.url }, words: ['--prefix', 'app:'], stop: () => redis.stop() };
    },
    async 'Redis Cluster'() {
        const cluster = await startRedisCluster();
        const url = `redis://${cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
        return { env: {}, words: ['--prefix', 'app:', '--url', url], stop: () => cluster.stop() };
    },
    async Postgres() {
        const postgres = await startPrivatePostgres();
        const env = { POSTGRES_URL: postgres.url };
        const words = ['--schema', 'app', '--table', 'mcp'];
        await runCli(['migrate', ...words], { env });
        return { env, words, stop: () => postgres.stop() };
    },
    async Upstash() {
        const redis = await startPrivateRedis();
        const rest = await startUpstashRest({ redisUrl: redis.url });
        const stop = async () => {
            await rest.stop();
            await redis.stop();
        };
        return { env: {}, words: ['--url', rest.url, '--token', rest.token, '--prefix', 'app:'], stop };
    }
};

describe.each(Object.keys(backends))('sessions in %s', name => {
    let place: Awaited<ReturnType<(typeof backends)[string]>>;
    let backend: ChosenBackend;
    let server: SessionServer;
    let ann: BegunSession;
    let bob: BegunSession;
    const cli = (words: string[], options: CliOptions = {}) => runCli([...words, ...place.words], { env: place.env, ...options });
    const jsonLines = async (words: string[]) =>
        (await cli([...words, '--json'])).stdout
            .split('\n')
            .filter(Boolean)
            .map(line => JSON.parse(line) as Record<string, unknown>);
    const principalOf = (user: string) => digest(JSON.stringify([null, null, user]));

    beforeAll(async () => {
        place = await backends[name]!();
        const of = (word: string) => place.words[place.words.indexOf(word) + 1];
        const has = (word: string) => place.words.includes(word);
        backend = await createSessionBackend({
            env: place.env,
            ...(has('--url') && { url: of('--url')! }),
            ...(has('--token') && { token: of('--token')! }),
            keyPrefix: 'app:',
            schema: 'app',
            tableName: 'mcp',
            maxSessionsPerPrincipal: 3,
            history: {},
            logger: { warn: () => undefined }
        });
        server = await SessionServer.start({ backend, history: {} });
        ann = await server.begin('editor\u001b[2J', 'ann');
        bob = await server.begin('inspector', 'bob', false);
    });
    afterAll(async () => {
        await server.stop();
        await backend.close();
        await place.stop();
    });

    it('P4: list shows them by fingerprint, and ids only where they are asked for', async () => {
        const { code, stdout, stderr } = await cli(['list']);
        expect([code, stderr]).toEqual([0, '2 sessions\n']);
        expect(stdout).toMatch(/^SESSION +CLIENT +PROTOCOL +PRINCIPAL +AGE +IDLE\n/);
        expect(stdout).toMatch(new RegExp(`^${ann.fingerprint} +editor\\\\u001b\\[2J 1\\.2 +2025-11-25 +\\S{8} +\\d+s +\\d+s$`, 'm'));
        expect(stdout).toMatch(new RegExp(`^${bob.fingerprint} +inspector 1\\.2 .* not initialized$`, 'm'));
        const json = await jsonLines(['list']);
        expect(JSON.stringify(json) + stdout).not.toMatch(new RegExp(`${ann.id}|${bob.id}`));
        expect(json.find(({ session }) => session === bob.fingerprint)).toEqual({
            session: bob.fingerprint,
            principal: await principalOf('bob'),
            client: 'inspector 1.2',
            protocolVersion: '2025-11-25',
            initialized: false,
            createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
            lastActivity: expect.stringMatching(/^\d{4}-.*Z$/) as string,
            idleMs: expect.any(Number) as number
        });
        expect((await jsonLines(['list', '--ids'])).map(({ id }) => id).sort()).toEqual([ann.id, bob.id].sort());
    });

    it('list filters', async () => {
        const listed = async (...words: string[]) => (await jsonLines(['list', ...words])).map(({ session }) => session).sort();
        const tag = await principalOf('ann');
        expect(await listed('--principal-tag', tag)).toEqual([ann.fingerprint]);
        expect(await listed('--principal-tag', tag.slice(0, 8))).toEqual([ann.fingerprint]);
        expect(await listed('--principal', JSON.stringify([null, null, 'ann']))).toEqual([ann.fingerprint]);
        expect(await listed('--principal', tag.slice(0, 8))).toEqual([]);
        expect(await cli(['list', '--principal-tag', tag.slice(0, 7)])).toMatchObject({ code: 2 });
        expect(await cli(['list', '--principal-tag', tag, '--principal', 'ann'])).toMatchObject({ code: 2 });
        expect(await listed('--initialized')).toEqual([ann.fingerprint]);
        expect(await listed('--no-initialized')).toEqual([bob.fingerprint]);
        expect(await listed('--since', '1h')).toHaveLength(2);
        expect(await listed('--since', '2999-01-01')).toEqual([]);
        expect(await listed('--idle-longer', '1h')).toEqual([]);
        expect(await listed('--idle-longer', '0s')).toHaveLength(2);
        const limited = await cli(['list', '--limit', '1']);
        expect(limited.stdout.trim().split('\n')).toHaveLength(2);
        expect(limited.stderr).toContain('There are more than 1');
    });

    it('show has the record, and leaves out what it is told to', async () => {
        await backend.sessionStore.updateSession?.(
            ann.id,
            await withState(backend, ann.id, { cart: ['a secret'] }),
            await revisionOf(backend, ann.id)
        );
        const { stdout, code } = await cli(['show', ann.fingerprint]);
        expect(code).toBe(0);
        expect(stdout).toMatch(/^client +editor\\u001b\[2J 1\.2$/m);
        expect(stdout).toContain('a secret');
        expect(stdout).not.toContain(ann.id);
        expect(stdout).toMatch(/^log +(none|\d+ events?, \d+ bytes)$/m);
        await backend.eventLog.append(bob.id, [{ streamId: 'a', message: { jsonrpc: '2.0', method: 'x' } }]);
        expect(JSON.parse((await cli(['show', bob.fingerprint, '--json'])).stdout)).toMatchObject({
            log: { events: expect.any(Number) as number }
        });
        const bare = await cli(['show', ann.id, '--no-state', '--no-params', '--no-metadata']);
        expect(bare.stdout).not.toMatch(/a secret|capabilities|clientInfo/);
        const typed = await cli(['show', '-', '--json', '--ids'], { input: `${ann.id}\n` });
        expect(JSON.parse(typed.stdout)).toMatchObject({
            id: ann.id,
            state: { cart: ['a secret'] },
            initializeParams: { protocolVersion: '2025-11-25' }
        });
        const unknown = await cli(['show', 'no-such-session']);
        expect(unknown).toMatchObject({
            code: 1,
            stdout: '',
            stderr: expect.stringMatching(/^error: There is no such session[^\n]*\n$/) as string
        });
        expect(unknown.stderr).not.toContain('no-such-session');
    });

    it('history prints what was said', async () => {
        await expect
            .poll(async () => (await cli(['history', ann.fingerprint])).stdout, { timeout: 20_000 })
            .toMatch(/"direction":"in".*"method":"initialize".*\n.*"direction":"out"/);
        const unknown = await cli(['history', 'no-such-session']);
        expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: Nothing is kept of this session/) as string });
    });

    it('end asks first, and does nothing without an answer', async () => {
        expect(await cli(['end', ann.fingerprint])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as string });
        expect(await cli(['end'])).toMatchObject({ code: 2 });
        expect(await cli(['end', ann.fingerprint, '--principal', 'ann'])).toMatchObject({ code: 2 });
        const refused = await cli(['end', ann.fingerprint], { terminal: 'n\n' });
        expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Nothing was ended') as string });
        const tag = await principalOf('ann');
        expect(refused.stderr).toContain(`of principal ${tag.slice(0, 8)}`);
        expect(await cli(['end', ann.fingerprint, '--dry-run'])).toMatchObject({
            code: 0,
            stdout: expect.stringMatching(new RegExp(`^would end \\S+ +${tag.slice(0, 8)} `)) as string
        });
        // Whoever names himself like a tag must not have its owner ended in his place.
        expect(await cli(['end', '--principal', tag.slice(0, 8), '--yes'])).toMatchObject({
            code: 0,
            stdout: '',
            stderr: expect.stringContaining('--principal-tag') as string
        });
        expect((await cli(['end', '--principal', JSON.stringify([null, null, 'ann']), '--dry-run'])).stdout).toContain(ann.fingerprint);
        expect(await server.statusOf(ann.id, 'ann')).toBe(200);
    });

    it('S8, S10, P9: end ends a session on its node, and makes room under the cap', async () => {
        expect(await cli(['end', ann.fingerprint], { terminal: 'y\n' })).toMatchObject({
            code: 0,
            stdout: expect.stringMatching(/^ended /) as string
        });
        await expect.poll(() => server.statusOf(ann.id, 'ann'), { timeout: 10_000 }).toBe(404);
        expect(await backend.sessionStore.getSession(ann.id)).toBeNull();
        const begun = [await server.begin('one', 'ann'), await server.begin('two', 'ann'), await server.begin('three', 'ann')];
        await expect(server.begin('four', 'ann')).rejects.toThrow('503');

        expect(await cli(['end', begun[0]!.id, '--yes', '--history'])).toMatchObject({ code: 0 });
        expect((await cli(['history', begun[0]!.id])).stdout).toMatch(/"event":"ended","by":"operator"/);
        const left = begun.slice(1);
        const all = await cli(['end', '--principal-tag', await principalOf('ann'), '--yes', '--json']);
        expect(
            all.stdout
                .trim()
                .split('\n')
                .map(line => (JSON.parse(line) as { session: string }).session)
                .sort()
        ).toEqual(left.map(({ fingerprint }) => fingerprint).sort());
        for (const { id } of begun) await expect.poll(() => server.statusOf(id, 'ann'), { timeout: 10_000 }).toBe(404);
        expect(await server.statusOf(bob.id, 'bob')).toBe(200);
        expect((await server.begin('five', 'ann')).id).toBeTruthy();
    });
});

it('end refuses a tag that several principals begin with', async () => {
    const redis = await startPrivateRedis();
    const { sessionStore, close } = await createSessionBackend({ url: redis.url });
    const now = Date.now();
    const record = { initialized: true, createdAt: now, lastActivity: now, revision: 1 };
    for (const end of ['a', 'b']) {
        await sessionStore.storeSession(end, { ...record, sessionId: end, principal: `sameStart${end}` });
    }
    const env = { REDIS_URL: redis.url };
    const both = await runCli(['end', '--principal-tag', 'sameStart', '--yes'], { env });
    expect(both).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Several principals') as string });
    expect((await runCli(['end', '--principal-tag', 'sameStarta', '--yes'], { env })).stdout).toMatch(/^ended \S+ {2}sameStar\n$/);
    expect(await sessionStore.getSession('b')).not.toBeNull();
    await close();
    await redis.stop();
});

async function withState(backend: ChosenBackend, id: string, state: Record<string, unknown>) {
    const record = (await backend.sessionStore.getSession(id))!;
    return { ...record, state, revision: (record.revision ?? 0) + 1 };
}

async function revisionOf(backend: ChosenBackend, id: string): Promise<number> {
    return (await backend.sessionStore.getSession(id))?.revision ?? 0;
}
