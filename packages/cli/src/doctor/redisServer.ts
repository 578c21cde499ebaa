import type { Findings } from './findings.js';
import { checkClock, checkLatency } from './measure.js';
import { refusalAdvice } from './redisAdvice.js';

/** What is used of one server of Redis, as ioredis has it. */
export interface RedisServer {
    call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

/** How the server of a cluster is named in messages, ` at host:port`; else nothing. */
export type Where = string;

/** The lines of INFO. */
export type ServerInfo = Readonly<Record<string, string>>;

export async function infoOf(server: RedisServer): Promise<ServerInfo> {
    const text = String(await server.call('INFO'));
    return Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name ?? '', value ?? '']));
}

/** What is to be known of one server. @param info what INFO says, or undefined where it may not be asked. */
export async function checkRedisServer(server: RedisServer, info: ServerInfo | undefined, where: Where, findings: Findings): Promise<void> {
    if (info) {
        checkVersion(info, where, findings);
        checkRole(info, where, findings);
        checkMemory(info, where, findings);
        await checkDurability(server, info, where, findings);
    }
    try {
        await checkClock(findings, where, async () => {
            const [seconds, microseconds] = (await server.call('TIME')) as [string, string];
            return Number(seconds) * 1000 + Number(microseconds) / 1000;
        });
    } catch (error) {
        if (!isForbidden(error)) {
            throw error;
        } // Else it is found with the rights.
    }
    await checkLatency(findings, where, () => pinged(server));
}

/** Whether it is the user who may not do this. */
export function isForbidden(error: unknown): boolean {
    return (error as Error).message.startsWith('NOPERM');
}

/** A refusal is an answer, too. */
async function pinged(server: RedisServer): Promise<void> {
    try {
        await server.call('PING');
    } catch (error) {
        if (!/^(NOPERM|MISCONF)/.test((error as Error).message)) {
            throw error;
        }
    }
}

function checkVersion(info: ServerInfo, where: Where, findings: Findings): void {
    const version = info['redis_version'] ?? '';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const valkey = info['valkey_version'];
    const name = valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`;
    if (major < 6 || (major === 6 && minor < 2)) {
        findings.problem(
            'version',
            `the server${where} is ${name}, which has no GETEX: no session can be read`,
            'Use Redis 6.2 or later; 7.0 or later where you can'
        );
    } else if (valkey !== undefined) {
        findings.note('version', `the server${where} is ${name}, which speaks the protocol of Redis ${version} and is not tested`);
    } else {
        findings.ok('version', `the server${where} is ${name}`);
    }
}

function checkRole(info: ServerInfo, where: Where, findings: Findings): void {
    if (info['role'] === 'slave') {
        findings.problem(
            'role',
            `the server${where} is a replica: it refuses each write, and may not know yet what was acknowledged`,
            'Name the master in the URL, or the sentinels (redis-sentinel://…), which lead to it'
        );
    }
}

/** What is so of a server that reads its data, and what to do. */
export function loading(where: Where): [message: string, advice: string] {
    return [`the server${where} is still reading its data, and answers nothing until it has`, 'Wait, and look again'];
}

function checkMemory(info: ServerInfo, where: Where, findings: Findings): void {
    const [used, max] = [Number(info['used_memory']), Number(info['maxmemory'])];
    const policy = info['maxmemory_policy'] ?? 'unknown';
    if (!(max > 0)) {
        findings.ok('eviction', `nothing is evicted${where}: there is no maxmemory`);
        return;
    }
    const share = used / max;
    const text = `${(share * 100).toFixed(0)} % of maxmemory${where} is in use (${mib(used)} of ${mib(max)})`;
    const isFull = share >= 0.9;
    const then =
        policy === 'noeviction' ? 'new sessions and changes are refused (503)' : 'sessions are evicted, which their clients see as 404';
    if (share >= 1) {
        findings.problem('memory', `${text}: ${then}`, 'Raise maxmemory, or lower ttlSeconds, maxEvents and maxBytes');
    } else if (isFull) {
        findings.warning('memory', `${text}. When it is full ${then}`, 'Raise maxmemory, or lower ttlSeconds, maxEvents and maxBytes');
    } else {
        findings.ok('memory', text);
    }
    if (policy === 'noeviction') {
        findings.ok('eviction', `maxmemory-policy${where} is noeviction`);
    } else {
        findings.warning(
            'eviction',
            `maxmemory-policy${where} is ${policy}: when memory is full, sessions that live, or their logs, are evicted (404 or 400)`,
            'Set `maxmemory-policy noeviction` to refuse new sessions instead, and give sessions a server of their own'
        );
    }
}

async function checkDurability(server: RedisServer, info: ServerInfo, where: Where, findings: Findings): Promise<void> {
    const setting = await settingsOf(server, ['appendfsync', 'save', 'stop-writes-on-bgsave-error']);
    if (info['rdb_last_bgsave_status'] === 'err' && setting?.['stop-writes-on-bgsave-error'] !== 'no') {
        findings.problem(
            'durability',
            `the last snapshot${where} failed, so the server refuses all writes: no session can begin, or change`,
            refusalAdvice('MISCONF')
        );
    }
    if (info['aof_last_write_status'] === 'err') {
        findings.problem(
            'durability',
            `the server${where} cannot write its append-only file, and refuses all writes: no session can begin, or change`,
            refusalAdvice('MISCONF')
        );
    }
    if (info['aof_enabled'] !== '1') {
        const lost = setting?.['save'] === '' ? 'all sessions are' : 'what came since the last snapshot is';
        findings.warning(
            'durability',
            `appendonly${where} is no: when Redis ends in a crash, ${lost} lost, and clients begin anew (404)`,
            'Set `appendonly yes`, with `appendfsync everysec` or always (docs/durability.md), if sessions must survive'
        );
        return;
    }
    const fsync = setting?.['appendfsync'];
    if (fsync === 'no') {
        findings.note(
            'durability',
            `appendonly${where} is yes, appendfsync no: when the machine is lost, so is what its system had not written`,
            'Set `appendfsync everysec`'
        );
    } else {
        findings.ok('durability', `appendonly${where} is yes${fsync === undefined ? '' : `, appendfsync ${fsync}`}`);
    }
}

/** Undefined where CONFIG may not be asked, as with managed services. */
async function settingsOf(server: RedisServer, names: readonly string[]): Promise<Record<string, string> | undefined> {
    try {
        const found: Record<string, string> = {};
        for (const name of names) {
            const [, value = ''] = (await server.call('CONFIG', 'GET', name)) as string[];
            found[name] = value;
        }
        return found;
    } catch {
        return undefined; // What INFO says has to do.
    }
}

function mib(bytes: number): string {
    return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
