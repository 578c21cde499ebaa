import { rmSync } from 'node:fs';
import { createSessionBackend } from '@mcp-sessions/backends';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../packages/cli/src/doctor/address.js';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { FaultProxy } from '../support/faultProxy.js';
import { examine, expectFinding, troubles } from './support/doctor.js';
import { startRewritingProxy } from './support/rewritingProxy.js';
import { runCli } from './support/runCli.js';
import { SessionServer } from './support/sessionServer.js';
import { undoing } from './support/undoing.js';

let redis: PrivateRedis;
const undo = undoing();

beforeAll(async () => {
    redis = await startPrivateRedis({ persistent: 'everysec' });
});
afterAll(async () => {
    await redis.stop();
});

/** Sets it for this test. */
async function configure(name: string, value: string, before: string): Promise<void> {
    await redis.command('CONFIG', 'SET', name, value);
    undo.push(() => redis.command('CONFIG', 'SET', name, before));
}
const at = (port: number, user = '') => `redis://${user}127.0.0.1:${port}`;

describe('doctor, Redis', () => {
    it('B1: finds nothing where all is as it should be, and leaves nothing behind', async () => {
        const backend = await createSessionBackend({ url: redis.url });
        const server = await SessionServer.start({ backend });
        const { id } = await server.begin();
        const before = await redis.command('DBSIZE');
        const examined = await examine(redis.url);
        expect(troubles(examined)).toEqual([]);
        expect(examined.code).toBe(0);
        expectFinding(examined, 'records', 'ok', /^1 session, and each record can be read/);
        expectFinding(examined, 'durability', 'ok', /appendonly is yes, appendfsync everysec/);
        expectFinding(examined, 'bus', 'ok', /arrive, by pub\/sub/);
        expect(await redis.command('DBSIZE')).toBe(before);
        expect(await server.statusOf(id)).toBe(200);
        await server.stop();
        await backend.close();
        await redis.command('FLUSHALL');
    });

    it('F4: finds a policy that evicts sessions, and memory that is nearly full', async () => {
        const used = Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))?.[1]);
        await configure('maxmemory-policy', 'allkeys-lru', 'noeviction');
        await configure('maxmemory', String(Math.round(used * 1.06)), '0');
        const examined = await examine(redis.url);
        expectFinding(examined, 'eviction', 'warning', /maxmemory-policy is allkeys-lru.*noeviction/);
        expectFinding(examined, 'memory', 'warning', /9\d % of maxmemory is in use.*sessions are evicted/);
        expect(examined.code).toBe(0);
    });

    it('finds that nothing survives a crash', async () => {
        await configure('appendonly', 'no', 'yes');
        expectFinding(await examine(redis.url), 'durability', 'warning', /appendonly is no: .* all sessions are lost.*appendonly yes/);
    });

    it('finds a server that refuses writes: its snapshot failed, or it is a replica', async () => {
        const other = await startPrivateRedis({ settings: { save: '3600 1' } });
        undo.push(
            () => other.stop(),
            () => other.kill() // It does not end while it cannot save.
        );
        rmSync(other.folder, { recursive: true });
        await other.command('BGSAVE');
        const status = async () => /rdb_last_bgsave_status:(\w+)/.exec(String(await other.command('INFO', 'persistence')))?.[1];
        await expect.poll(status, { timeout: 20_000 }).toBe('err');
        expectFinding(await examine(other.url), 'durability', 'problem', /snapshot failed.*refuses all writes/);
        const follower = await startPrivateRedis();
        undo.push(() => follower.stop());
        await follower.command('REPLICAOF', '127.0.0.1', redis.port);
        const replica = await examine(follower.url);
        expectFinding(replica, 'role', 'problem', /is a replica.*redis-sentinel/);
        expect(replica.code).toBe(1);
    });

    it('finds a server that takes no writes for now, in its own words', async () => {
        await configure('min-replicas-to-write', '1', '0');
        const lonely = await examine(redis.url);
        expectFinding(lonely, 'writes', 'problem', /NOREPLICAS Not enough good replicas.*min-replicas-to-write/);
        expect(lonely.code).toBe(1);
        await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
        await configure('maxmemory', '1', '0');
        const full = await examine(redis.url);
        expectFinding(full, 'writes', 'problem', /OOM command not allowed.*Raise maxmemory/);
        expect(full.findings.filter(({ check, severity }) => check === 'rights' && severity !== 'ok')).toEqual([]);
    });

    it('notes secrets on the command line', async () => {
        const query = await examine('', ['--url', 'postgres://127.0.0.1:1/db?password=Pa55word', '--timeout', '1s']);
        expectFinding(query, 'environment', 'note', /the command line holds a password/);
        const rest = await examine('', ['--url', 'http://127.0.0.1:1', '--token', 'Pa55word', '--timeout', '1s']);
        expectFinding(rest, 'environment', 'note', /the command line holds a token.*KV_REST_API_TOKEN/);
        expect(JSON.stringify([query, rest])).not.toContain('Pa55word');
    });

    it('finds what a user may not do, and which rights to give', async () => {
        const given = ['-@all', '+@read', '+@connection', '+set', '+del', '+unlink', '+time', '+info', '+publish', '+subscribe'];
        await redis.command('ACL', 'SETUSER', 'poor', 'on', '>secret', '~mcp:session:*', '&mcp:session:*', ...given, '-hget');
        undo.push(() => redis.command('ACL', 'DELUSER', 'poor'));
        const examined = await examine(at(redis.port, 'poor:secret@'));
        expectFinding(examined, 'rights', 'problem', /ACL SETUSER <user> .*\+getex.*\+eval .*\+hget/);
        expect(examined.code).toBe(1);
        // What it may do is not asked for.
        expect(JSON.stringify(examined.findings)).not.toMatch(/\+xrange|\+set\b/);

        await redis.command('ACL', 'SETUSER', 'poor', 'resetkeys', 'resetchannels', '~other:*', '+@all');
        expectFinding(
            await examine(at(redis.port, 'poor:secret@')),
            'rights',
            'problem',
            /on keys of this prefix.*~mcp:session:\* &mcp:session:\*$/
        );
    });

    it('finds that messages between nodes do not get through', async () => {
        const given = ['~*', '&mcp:session:*', '+@all', '-subscribe'];
        await redis.command('ACL', 'SETUSER', 'deaf', 'on', '>secret', ...given);
        undo.push(() => redis.command('ACL', 'DELUSER', 'deaf'));
        const examined = await examine(at(redis.port, 'deaf:secret@'));
        expectFinding(examined, 'bus', 'problem', /do not arrive by pub\/sub.*SUBSCRIBE/);
        // Where servers poll it is no matter.
        expectFinding(await examine(at(redis.port, 'deaf:secret@'), ['--no-push']), 'bus', 'ok', /by polling/);
    });

    it('the user of the documents is enough', async () => {
        const { readFileSync } = await import('node:fs');
        const text = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8');
        const words = /ACL SETUSER (mcp on >password .*)/.exec(text)?.[1]?.split(' ') ?? [];
        await redis.command('ACL', 'SETUSER', ...words);
        undo.push(() => redis.command('ACL', 'DELUSER', 'mcp'));
        const examined = await examine(at(redis.port, 'mcp:password@'));
        expect(examined.code).toBe(0);
        expectFinding(examined, 'rights', 'ok', /may do all/);
    });

    it('P6: finds keys without an end, and records that cannot be read', async () => {
        const backend = await createSessionBackend({ url: redis.url });
        const server = await SessionServer.start({ backend });
        await server.begin();
        await redis.command('SET', 'mcp:session:of-others', '1');
        await redis.command('SET', `mcp:session:{${'x'.repeat(43)}}`, '{"no":"record"}', 'EX', 100);
        const examined = await examine(redis.url);
        expectFinding(examined, 'keys', 'warning', /^1 of \d+ keys under this prefix never expire/);
        expectFinding(examined, 'records', 'warning', /^1 record cannot be read, beside 1 session that can/);
        await server.stop();
        await backend.close();
        await redis.command('FLUSHALL');
    });

    it('P7: finds that records are encrypted and no key is there', async () => {
        const encryption = { keys: [{ id: 'k', key: Buffer.alloc(32, 7).toString('base64') }] };
        const backend = await createSessionBackend({ url: redis.url, encryption });
        const server = await SessionServer.start({ backend });
        await server.begin();
        expectFinding(await examine(redis.url), 'records', 'warning', /1 of 1 session are encrypted.*MCP_SESSIONS_ENCRYPTION_KEYS/);
        const env = { MCP_SESSIONS_ENCRYPTION_KEYS: `k:${encryption.keys[0]!.key}` };
        expectFinding(await examine(redis.url, [], env), 'records', 'ok', /each record can be read/);
        await server.stop();
        await backend.close();
        await redis.command('FLUSHALL');
    });

    it('finds a server that is too old, one whose clock is off, and one that is far away', async () => {
        const old = await startRewritingProxy(redis.port, text => text.replace('redis_version:7.0.', 'redis_version:6.0.'));
        undo.push(() => old.stop());
        const examined = await examine(at(old.port));
        expectFinding(examined, 'version', 'problem', /Redis 6\.0\.\d+, which has no GETEX.*6\.2 or later/);
        expect(examined.code).toBe(1);

        // TIME is answered with two texts, the first one being seconds.
        const late = (text: string) => text.replace(/^\*2\r\n\$10\r\n(\d{10})\r\n/, (_, s) => `*2\r\n$10\r\n${Number(s) + 90}\r\n`);
        const ahead = await startRewritingProxy(redis.port, late);
        undo.push(() => ahead.stop());
        expectFinding(await examine(at(ahead.port)), 'clock', 'warning', /the clock is (89|90)\.\d s ahead of this machine's/);

        const far = await FaultProxy.start(redis.port);
        undo.push(() => far.stop());
        await far.set({ delayMs: 12 });
        expectFinding(await examine(at(far.port)), 'latency', 'warning', /takes \d+\.\d ms \(median of 20\).*same region/);
    });

    it('F1: says why it cannot be reached, and no secret', async () => {
        const refused = await examine('redis://:Pa55word@127.0.0.1:1');
        expectFinding(refused, 'reach', 'problem', /cannot be reached: .*ECONNREFUSED.*Nobody listens there/);
        await redis.command('ACL', 'SETUSER', 'locked', 'on', '>right', '+@all', '~*', '&*');
        undo.push(() => redis.command('ACL', 'DELUSER', 'locked'));
        const wrong = await examine(at(redis.port, 'locked:Pa55word@'));
        expectFinding(wrong, 'reach', 'problem', /WRONGPASS.*User or password are wrong/);
        expect([refused.code, wrong.code]).toEqual([1, 1]);
        expect(JSON.stringify([refused, wrong])).not.toContain('Pa55word');
    });

    it('says which of several variables is taken, and refuses what names nothing', async () => {
        const env = { REDIS_URL: redis.url, POSTGRES_URL: 'postgres://127.0.0.1:1/x', KV_URL: redis.url };
        const { stdout } = await runCli(['doctor'], { env });
        expect(stdout).toMatch(
            /note +environment +the backend is Redis, as REDIS_URL names it; KV_URL, POSTGRES_URL are set, too, and not used/
        );
        const shown = await runCli(['doctor', '--url', 'redis://:Pa55word@127.0.0.1:1']);
        expect(shown.stdout).toMatch(/note +environment +the command line holds a password/);
        expect(shown.stdout).not.toContain('Pa55word');
        expect((await runCli(['doctor', '--url', 'memory:'])).stdout).toMatch(/note +memory /);
        const nothing = await runCli(['doctor']);
        expect(nothing).toMatchObject({
            code: 2,
            stdout: '',
            stderr: expect.stringMatching(/^error: No backend is named: give --url/) as string
        });
    });

    it('tells public addresses from others', () => {
        const isPublic = ['8.8.8.8', '203.0.113.9', '172.32.0.1', '2001:db8::1', '::ffff:8.8.8.8'];
        const isOwn = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.1.1', '::1', 'fd00::1', 'fe80::1'];
        expect(isPublic.filter(isPublicAddress)).toEqual(isPublic);
        expect(isOwn.filter(isPublicAddress)).toEqual([]);
    });
});
