import { randomUUID } from 'node:crypto';
import { reasonOf } from '../printable.js';
import type { Findings } from './findings.js';
import { refusalAdvice } from './redisAdvice.js';
import { isClosed } from './redisConnection.js';
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
    ['ping'],
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

/** Whether the user may do what servers do, by trying it. False when there is no use in trying more. */
export async function checkRedisRights(server: RedisServer, prefix: string, isCluster: boolean, findings: Findings): Promise<boolean> {
    const key = `${prefix}doctor:${randomUUID()}`;
    const refused: string[] = [];
    const refusals: string[] = [];
    const failures: string[] = [];
    const tried = async (words: Words): Promise<boolean> => {
        const [name = '', ...args] = words;
        const message = await errorOf(server, String(name), args);
        if (message === undefined || (name !== 'set' && expected.test(message))) {
            return true;
        }
        if (forbidden.test(message)) {
            refused.push(String(name));
            refusals.push(message);
        } else {
            failures.push(message);
        }
        return false;
    };
    if (await tried(['set', key, '', 'PX', lifeMs])) {
        for (const words of makers(key)) {
            await tried(words);
        }
    }
    for (const words of [...commands(key, key, isCluster), ['unlink', key], ['del', key]]) {
        await tried(words);
    }
    const [failure] = failures;
    if (failure !== undefined) {
        findings.problem(
            'writes',
            `the server refuses what servers of sessions do: ${reasonOf({ message: failure }).replace(/\.$/, '')}. Sessions cannot begin or change (503)`,
            refusalAdvice(failure)
        );
    }
    // A server that runs a script refuses everything.
    const goesOn = !failures.some(text => text.startsWith('BUSY'));
    if (refused.length === 0) {
        if (failure === undefined) {
            findings.ok('rights', 'the user may do all that servers need');
        }
        return goesOn;
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
    return goesOn;
}

/** What the server says to a command that it does not do; undefined for one that it does. */
async function errorOf(server: RedisServer, name: string, args: Words): Promise<string | undefined> {
    try {
        await server.call(name, ...args);
        return undefined;
    } catch (error) {
        if (isClosed(error)) {
            throw error;
        }
        return (error as Error).message;
    }
}

/** What comes of commands for other types, of a script that is not there, and of what only a server of a Cluster does. */
const expected = /^(WRONGTYPE|NOSCRIPT|ERR (?!unknown command))/;
const forbidden = /^(NOPERM|ERR unknown command)/;
