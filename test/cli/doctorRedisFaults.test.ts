// What a doctor of Redis can find and no server here can be brought to show:
// - `tls`, no TLS over the public network: there is no public network; addresses are told apart in doctorRedis.test.ts.
// - `version`, Valkey: it is not among the programs of the system.
// - `version`, too old, and `clock`: the words are put into the server's mouth in doctorRedis.test.ts.

import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { examine, expectFinding, troubles } from './support/doctor.js';
import { startRewritingProxy } from './support/rewritingProxy.js';
import { undoing } from './support/undoing.js';

let redis: PrivateRedis;
const undo = undoing();

beforeAll(async () => {
    redis = await startPrivateRedis({ persistent: 'everysec' });
});
afterAll(() => redis.stop());

const at = (port: number, user = '') => `redis://${user}127.0.0.1:${port}`;

/** Sets it for this test. */
async function configure(name: string, value: string, before: string): Promise<void> {
    await redis.command('CONFIG', 'SET', name, value);
    undo.push(() => redis.command('CONFIG', 'SET', name, before));
}

/** The URL of a user who may do all but this. */
async function without(server: PrivateRedis, ...commands: string[]): Promise<string> {
    const rights = ['~*', '&*', '+@all', ...commands.map(name => `-${name}`)];
    await server.command('ACL', 'SETUSER', 'limited', 'on', '>secret', ...rights);
    undo.push(() => (server.isRunning ? server.command('ACL', 'DELUSER', 'limited') : undefined));
    // The driver says there that it goes on without INFO.
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    undo.push(() => warn.mockRestore());
    return at(server.port, 'limited:secret@');
}

async function another(options: Parameters<typeof startPrivateRedis>[0]): Promise<PrivateRedis> {
    const server = await startPrivateRedis(options);
    undo.push(() => server.stop());
    return server;
}

const replyOf = (server: PrivateRedis, ...words: string[]) => server.command(...words).catch((error: Error) => error.message);
const hasInfo = (server: PrivateRedis, says: string) =>
    expect.poll(async () => String(await server.command('INFO')), { timeout: 20_000 }).toContain(says);

/** Runs until it is killed. */
async function startEndlessScript(): Promise<{ kill(): Promise<void> }> {
    const ended = replyOf(redis, 'EVAL', 'while true do end', '0');
    await expect.poll(() => replyOf(redis, 'PING'), { timeout: 20_000 }).toMatch(/^BUSY/);
    return {
        kill: async () => {
            await redis.command('SCRIPT', 'KILL');
            expect(await ended).toMatch(/killed by user/);
        }
    };
}

describe('doctor, Redis that is not in order', () => {
    it('notes that the system decides when the file is on disk', async () => {
        await configure('appendfsync', 'no', 'everysec');
        const examined = await examine(redis.url);
        expect(troubles(examined)).toEqual(['note durability']);
        expectFinding(examined, 'durability', 'note', /appendfsync no: .*what its system had not written.*appendfsync everysec/);
        expect(examined.code).toBe(0);
    });

    it('F4: finds that memory is full', async () => {
        const used = Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))?.[1]);
        await configure('maxmemory', String(Math.round(used / 2)), '0');
        const examined = await examine(redis.url);
        expect(troubles(examined)).toEqual(['problem memory', 'problem writes']);
        expectFinding(
            examined,
            'memory',
            'problem',
            /^[12]\d\d % of maxmemory is in use.*: new sessions.*refused \(503\) → Raise maxmemory/
        );
        // What the server says ends in a full stop of its own.
        expectFinding(examined, 'writes', 'problem', /: OOM command not allowed when used memory > 'maxmemory'\. Sessions/);
        expect(examined.code).toBe(1);
    });

    it('finds what a user may not ask, and says of nothing that the server is at fault', async () => {
        const blind = await examine(await without(redis, 'info'));
        expect(troubles(blind)).toEqual(['note version', 'problem records']);
        expectFinding(blind, 'version', 'note', /INFO may not be asked: .*sessions cannot be listed → .*\+info$/);
        expectFinding(blind, 'records', 'problem', /sessions cannot be listed: NOPERM.*'info'/);

        const unseeing = await examine(await without(redis, 'scan'));
        expectFinding(unseeing, 'keys', 'note', /keys under the prefix cannot be looked at: NOPERM.*'scan'/);
        expectFinding(unseeing, 'rights', 'problem', /\+scan$/);

        const timeless = await examine(await without(redis, 'time', 'ping'));
        expect(troubles(timeless)).toEqual(['problem rights']);
        expectFinding(timeless, 'rights', 'problem', /may not do time, ping: .*\+time \+ping$/);
    });

    it('finds a server that stops answering', async () => {
        const hangsAtTime = await startRewritingProxy(
            redis.port,
            text => text,
            text => {
                if (/\btime\b/i.test(text)) redis.pause();
                return text;
            }
        );
        undo.push(
            () => hangsAtTime.stop(),
            () => redis.resume()
        );
        const examined = await examine(at(hangsAtTime.port), ['--timeout', '1s']);
        expectFinding(examined, 'reach', 'problem', /the backend stopped answering: Socket timeout.* 1000ms.*Look at its log/);
        expect(examined.code).toBe(1);
        const silent = await examine(redis.url, ['--timeout', '1s']);
        expectFinding(silent, 'reach', 'problem', /cannot be reached: no answer within 1000 ms.*firewall/);
    });

    it('finds a script that runs for too long, before and while it looks', async () => {
        await configure('lua-time-limit', '20', '5000');
        const script = await startEndlessScript();
        const before = await examine(redis.url);
        await script.kill();
        expectFinding(before, 'reach', 'problem', /cannot be used: BUSY.*SCRIPT KILL, and find out whose/);

        let running: ReturnType<typeof startEndlessScript> | undefined;
        const startsAtKey = await startRewritingProxy(
            redis.port,
            text => text,
            text => {
                if (text.includes('doctor:')) running ??= startEndlessScript();
                return text;
            }
        );
        undo.push(() => startsAtKey.stop());
        const meanwhile = await examine(at(startsAtKey.port));
        await (await running)?.kill();
        expect(troubles(meanwhile)).toEqual(['problem writes']);
        expectFinding(meanwhile, 'writes', 'problem', /: BUSY .*NOSAVE\. Sessions cannot begin.*SCRIPT KILL, and find out whose/);
    });

    it('finds that a snapshot failed, and that writes are refused for it', async () => {
        const other = await another({ settings: { save: '3600 1' } });
        undo.push(() => other.kill()); // It does not end while it cannot save.
        rmSync(other.folder, { recursive: true });
        await other.command('BGSAVE');
        await hasInfo(other, 'rdb_last_bgsave_status:err');
        const examined = await examine(other.url);
        expect(troubles(examined)).toEqual(['problem durability', 'warning durability', 'problem writes']);
        expectFinding(examined, 'durability', 'problem', /the last snapshot failed.*the disk is full/);
        expectFinding(examined, 'writes', 'problem', /: MISCONF .*RDB.*Sessions cannot begin.*the disk is full, or the folder/);
    });

    it('finds that the append-only file cannot be written, and does not blame a snapshot', async ({ skip }) => {
        skip(!existsSync('/dev/full'), 'this system has no device that is always full');
        const other = await another({ persistent: 'everysec' });
        await other.halt();
        const folder = join(other.folder, 'appendonlydir');
        const file = readdirSync(folder).find(name => name.endsWith('.incr.aof')) ?? '';
        rmSync(join(folder, file));
        symlinkSync('/dev/full', join(folder, file));
        await other.start();
        await other.command('SET', 'key', 'is not written');
        await hasInfo(other, 'aof_last_write_status:err');
        const examined = await examine(other.url);
        expectFinding(examined, 'durability', 'problem', /cannot write its append-only file.*the disk is full/);
        expectFinding(examined, 'writes', 'problem', /: MISCONF Errors writing to the AOF file: No space left/);
        expect(JSON.stringify(examined)).not.toContain('snapshot');
    });

    it('finds a replica also where INFO may not be asked', async () => {
        const replica = await another({});
        await replica.command('REPLICAOF', '127.0.0.1', redis.port);
        const examined = await examine(await without(replica, 'info'));
        expectFinding(examined, 'writes', 'problem', /: READONLY You can't write against a read only replica\. .*Name the master/);
    });

    it('finds a server that still reads its data', async () => {
        // A pause after each key; it answers after each kilobyte.
        const slow = { 'key-load-delay': 20_000, 'loading-process-events-interval-bytes': 1024 };
        const other = await another({ settings: { save: '3600 1', rdbcompression: 'no', ...slow } });
        await other.command('EVAL', "for i = 1, 1000 do redis.call('SET', i, string.rep('x', 1500)) end", '0');
        await other.halt();
        const started = other.start();
        undo.push(async () => {
            await other.command('CONFIG', 'SET', 'key-load-delay', '0');
            await started;
        });
        await expect.poll(() => replyOf(other, 'PING'), { timeout: 20_000 }).toMatch(/^LOADING/);
        const examined = await examine(other.url, ['--timeout', '1s']);
        expect(troubles(examined)).toEqual(['problem role']);
        expectFinding(examined, 'role', 'problem', /still reading its data.*Wait, and look again/);
    });
});
