import { randomUUID } from 'node:crypto';
import type { Findings } from './findings.js';
import type { RedisServer } from './redisServer.js';

type Words = readonly (string | number)[];

/** How long a key of ours lives, in case that it cannot be removed. */
const lifeMs = 10_000;
const noScript = '0'.repeat(40);

/**
 * Every command that servers use, tried on one key: a string with a life, so that what is for other types is refused by its
 * type once it is allowed, and nothing is made.
 */
const commands = (key: string, channel: string, isCluster: boolean): readonly Words[] => [
    ['get', key],
    ['getex', key, 'PX', lifeMs],
    ['exists', key],
    ['pttl', key],
    ['pexpire', key, lifeMs],
    ['pexpireat', key, Date.now() + lifeMs],
    ['eval', 'return 1', 1, key],
    ['evalsha', noScript, 1, key],
    ['time'],
    ['hget', key, 'f'],
    ['hmget', key, 'f'],
    ['hgetall', key],
    ['hdel', key, 'f'],
    ['hexists', key, 'f'],
    ['xdel', key, '0-1'],
    ['xlen', key],
    ['xrange', key, '-', '+'],
    ['xrevrange', key, '+', '-'],
    ['xtrim', key, 'MAXLEN', 1],
    ['zcard', key],
    ['zrem', key, 'm'],
    ['zscore', key, 'm'],
    ['zrangebyscore', key, 0, 1],
    ['scan', 0, 'COUNT', 1],
    ['publish', channel, ''],
    ...(isCluster ? [['cluster', 'info']] : [])
];

/** Those that would make a key where there is none. */
const makers = (key: string): readonly Words[] => [
    ['hset', key, 'f', 'v'],
    ['hincrby', key, 'f', 1],
    ['xadd', key, '*', 'f', 'v'],
    ['zadd', key, 1, 'm']
];

/** Whether the user may do what servers do, by trying it. */
export async function checkRedisRights(server: RedisServer, prefix: string, isCluster: boolean, findings: Findings): Promise<void> {
    const key = `${prefix}doctor:${randomUUID()}`;
    const refused: string[] = [];
    const refusals: string[] = [];
    const tried = async (words: Words): Promise<boolean> => {
        const [name = '', ...args] = words;
        const refusal = await refusalOf(server, String(name), args);
        if (refusal !== undefined) {
            refused.push(String(name));
            refusals.push(refusal);
        }
        return refusal === undefined;
    };
    if (await tried(['set', key, '', 'PX', lifeMs])) {
        for (const words of makers(key)) {
            await tried(words);
        }
    }
    for (const words of [...commands(key, key, isCluster), ['unlink', key], ['del', key]]) {
        await tried(words);
    }
    if (refused.length === 0) {
        findings.ok('rights', 'the user may do all that servers need');
        return;
    }
    const isKey = refusals.some(text => /access (a|one of the) key/i.test(text));
    const isChannel = refusals.some(text => /access (a|one of the) channel/i.test(text));
    const places = [...(isKey ? [`~${prefix}*`] : []), ...(isChannel ? [`&${prefix}*`] : [])];
    const names = places.length > 0 && refusals.every(text => /access (a|one of the) (key|channel)/i.test(text)) ? [] : refused;
    findings.problem(
        'rights',
        `the user may not ${refused.length > 8 ? `do ${refused.length} of the commands that servers need, among them` : 'do'} ${refused.slice(0, 8).join(', ')}${isKey ? ' on keys of this prefix' : ''}: sessions cannot be served`,
        `ACL SETUSER <user> ${[...places, ...names.map(name => `+${name}`)].join(' ')}`
    );
}

/** What the server says to what is not allowed; undefined for what is, whatever else comes of it. */
async function refusalOf(server: RedisServer, name: string, args: Words): Promise<string | undefined> {
    try {
        await server.call(name, ...args);
        return undefined;
    } catch (error) {
        const { message } = error as Error;
        return /^(NOPERM|ERR unknown command)/.test(message) ? message : undefined;
    }
}
