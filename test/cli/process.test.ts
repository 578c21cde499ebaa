import { createServer, type AddressInfo } from 'node:net';
import { createSessionBackend } from '@mcp-sessions/backends';
import { digest } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printable, reasonOf, safeJson } from '../../packages/cli/src/printable.js';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { runCli, startCli } from './support/runCli.js';

let redis: PrivateRedis;
const ended: (() => Promise<void>)[] = [];

beforeAll(async () => {
    redis = await startPrivateRedis();
    const { sessionStore, close } = await createSessionBackend({ url: redis.url });
    const record = { initialized: true, createdAt: Date.now(), lastActivity: Date.now(), revision: 1 };
    const ids = Array.from({ length: 3000 }, (_, index) => `session-${index}`);
    await Promise.all(ids.map(sessionId => sessionStore.storeSession(sessionId, { sessionId, ...record })));
    await close();
});
afterAll(async () => {
    await Promise.all(ended.map(end => end()));
    await redis.stop();
});

function start(...[words, options]: Parameters<typeof startCli>) {
    const running = startCli(words, options);
    ended.push(() => running.stop());
    return running;
}

// To start a process from the sources takes long where others work.
describe('the process', { timeout: 120_000 }, () => {
    it('ends by itself, with colours only where they are asked for', async () => {
        const plain = await start(['list', '--limit', '2'], { env: { REDIS_URL: redis.url } }).ended;
        expect(plain).toMatchObject({ code: 0, stdout: expect.not.stringContaining('\u001b') as string });
        const forced = await start(['list', '--limit', '2'], { env: { REDIS_URL: redis.url, FORCE_COLOR: '1' } }).ended;
        expect(forced.stdout).toContain('\u001b[2mSESSION');
    });

    it('is quiet when nobody reads on', async () => {
        const list = start(['list', '--limit', '0', '--json'], { env: { REDIS_URL: redis.url } });
        await list.untilPrinted(/\n/);
        list.closePipe();
        expect(await list.ended).toMatchObject({ code: 0, stderr: '' });
    });

    it('end goes on when nobody reads what it prints', async () => {
        const { sessionStore, close } = await createSessionBackend({ url: redis.url, keyPrefix: 'ending:' });
        const now = Date.now();
        const record = { initialized: true, createdAt: now, lastActivity: now, revision: 1, principal: await digest('ann') };
        const ids = Array.from({ length: 400 }, (_, index) => `ending-${index}`);
        await Promise.all(ids.map(sessionId => sessionStore.storeSession(sessionId, { sessionId, ...record })));
        const end = start(['end', '--principal', 'ann', '--yes', '--prefix', 'ending:'], { env: { REDIS_URL: redis.url } });
        await end.untilPrinted(/\n/);
        end.closePipe();
        expect(await end.ended).toMatchObject({ code: 0, stderr: '' });
        expect((await sessionStore.listSessions?.({ limit: 10 }))?.sessions).toEqual([]);
        await close();
    });

    it('ends where a server over REST takes requests and never answers', async () => {
        const silent = createServer(socket => void socket.on('error', () => undefined).resume());
        await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
        const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
        const words = ['list', '--timeout', '500ms'];
        const list = start(words, { env: { KV_REST_API_URL: url, KV_REST_API_TOKEN: 'token' } });
        expect(await list.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('no answer within') as string });
        silent.close();
    });

    it('says in one line that what it prints cannot be written', async () => {
        const full = start(['--help'], { env: {}, stdout: '/dev/full' });
        expect(await full.ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: [^\n]*ENOSPC[^\n]*\n$/) as string });
    });

    it.each([['SIGINT', 130] as const, ['SIGTERM', 143] as const])('ends at %s, and says so by its exit code', async (signal, code) => {
        // It waits for an answer that does not come.
        redis.pause();
        try {
            const list = start(['list', '--timeout', '1h'], { env: { REDIS_URL: redis.url } });
            // There is nothing to see of a process that waits: it takes the signal as soon as it runs, and ends by it before that.
            await expect.poll(() => connections(redis), { timeout: 100_000 }).toBeGreaterThan(0);
            list.interrupt(signal);
            expect(await list.ended).toMatchObject({ code, stdout: '', stderr: '' });
        } finally {
            redis.resume();
        }
    });

    it('help has examples and exit codes, and loads no driver', async () => {
        const driver = /node_modules\/(ioredis|pg|@upstash)\//;
        const { code, stdout, stderr } = await start(['--help'], { env: { NODE_DEBUG: 'module' } }).ended;
        expect(code).toBe(0);
        expect(stderr).toMatch(/node_modules\/commander\//);
        expect(stderr).not.toMatch(driver);
        expect((await start(['list'], { env: { NODE_DEBUG: 'module', REDIS_URL: 'redis://127.0.0.1:1' } }).ended).stderr).toMatch(driver);
        expect(stdout).toMatch(/Exit codes: 0 .*1 .*2 /);
        const names = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[|<| {2})/gm)].map(([, name]) => name);
        expect(names).toEqual(expect.arrayContaining(['list', 'show', 'end', 'history', 'migrate', 'doctor', 'demo']));
        for (const name of names.filter(name => name !== 'help')) {
            const help = await runCli([name!, '--help']);
            expect(help, name).toMatchObject({ code: 0, stdout: expect.stringMatching(/Examples:\n {2}\$ /) as string });
        }
    });
});

it('P4: text of others cannot forge lines, and JSON stays JSON', () => {
    const text = 'a\u001b[2J\r\nb\u202ec\u{e0001}d\u0085';
    expect(printable(text)).toBe('a\\u001b[2J\\u000d\\u000ab\\u202ec\\udb40\\udc01d\\u0085');
    expect(JSON.parse(safeJson({ text }))).toEqual({ text });
    expect(reasonOf(new Error('redis://user:Pa55word@host/0 is down\nand more'))).toBe('redis://***@host/0 is down');
    expect(reasonOf(new Error('"Bearer Pa55word" is no header'))).toBe('"Bearer ***" is no header');
});

describe('what is wrong', () => {
    it.each([
        [['nothing']],
        [['list', '--idle-longer', 'soon']],
        [['list', '--limit', '-1']],
        [['list', '--kind', 'oracle']],
        [['show']],
        [['list', '--url', 'nix://user:Pa55word@host']],
        [['list', '--url', 'redis://user:Pa55 word@host:x']],
        [['list', '--url', 'memory:']],
        [['migrate', '--url', 'redis://127.0.0.1:1']],
        [['migrate', '--sql', '--json', '--url', 'postgres://127.0.0.1:1']],
        [['list', '--url', 'https://127.0.0.1:1', '--token', 'Pa55 word']],
        [['list', '--url', 'https://127.0.0.1:1', '--token', 'Pa55\nword']],
        [['list', '--timeout', '0s']],
        [['list', '--timeout', '30d']],
        [['monitor', '--port', '65536']],
        [['history', 'some', '--retention', '0s']],
        [['tail', '--event', 'session-created,nothing']],
        [['list']]
    ])('%j is wrong usage: one line, exit code 2, no secret', async words => {
        const { code, stdout, stderr } = await runCli(words);
        expect([code, stdout]).toEqual([2, '']);
        expect(stderr).toMatch(/^error: [^\n]+\n(\(Did you mean[^\n]+\n)?$/);
        expect(stderr).not.toContain('Pa55');
    });

    it('a fingerprint may begin with a dash, wherever it stands', async () => {
        for (const words of [
            ['show', '-aBcDeFg'],
            ['show', '-aBcDeFg', '--json'],
            ['show', '--ttl', '60', '-prefix1'],
            ['end', '--yes', '--cDeFg1']
        ]) {
            const { code, stderr } = await runCli(words, { env: { REDIS_URL: redis.url } });
            expect([code, stderr], words.join(' ')).toEqual([1, expect.stringContaining('There is no such session')]);
        }
        expect(await runCli(['show', '--schemo'], { env: { REDIS_URL: redis.url } })).toMatchObject({ code: 2 });
        expect(await runCli(['end', '--principal', '-aBcDeFg', '--yes'], { env: { REDIS_URL: redis.url } })).toMatchObject({ code: 0 });
    });

    it('a backend that is away is one line and exit code 1; --verbose has the stack, still without a secret', async () => {
        const words = ['list', '--url', 'redis://:Pa55word@127.0.0.1:1'];
        const brief = await runCli(words);
        expect(brief).toMatchObject({
            code: 1,
            stderr: expect.stringMatching(/^error: The backend cannot be used: .*ECONNREFUSED[^\n]*\n$/) as string
        });
        const long = await runCli([...words, '--verbose']);
        expect(long.stderr).toMatch(/\n {4}at /);
        expect(long.stderr).not.toContain('Pa55word');
    });

    it('a backend that does not answer is given up in time', async () => {
        redis.pause();
        try {
            const { code, stderr } = await runCli(['list', '--timeout', '300ms'], { env: { REDIS_URL: redis.url } });
            expect([code, stderr]).toEqual([1, expect.stringContaining('no answer within 0.3 s')]);
        } finally {
            redis.resume();
        }
    });
});

/** Whether somebody has connected; asked of the kernel, since the server itself hangs. */
async function connections({ port }: PrivateRedis): Promise<number> {
    const { readFileSync } = await import('node:fs');
    const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    return readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .filter(line => line.includes(` ${local} `) && / 01 /.test(line)).length;
}
