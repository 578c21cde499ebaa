import { randomUUID } from 'node:crypto';
import type { OpenedClient } from '@mcp-sessions/backends';
import { reasonOf } from '../printable.js';
import type { Findings } from './findings.js';
import { checkClock, checkLatency } from './measure.js';
import { checkRedisKeys } from './redisKeys.js';

/** What is used of the client of `@upstash/redis`, which this package brings. */
interface Client {
    eval(script: string, keys: string[], args: string[]): Promise<unknown>;
    exec?(command: (string | number)[]): Promise<unknown>;
    get(key: string): Promise<unknown>;
    set(key: string, value: string, options: { px: number }): Promise<unknown>;
    del(key: string): Promise<unknown>;
    scan(cursor: string, options: { match: string; count: number }): Promise<[string | number, string[]]>;
}

/** Longest message that servers keep, by default. As JSON within JSON it may become twice as long. */
const longestMessage = 4 * 1024 * 1024;
const lifeMs = 10_000;

/**
 * All that concerns Upstash and what speaks like it. False when it cannot be used at all. Each round trip is a command that is
 * billed: some sixty in all.
 *
 * @param other a second client of the same: another process, which has not seen what the first one wrote.
 */
export async function examineUpstash(
    client: OpenedClient & { kind: 'upstash' },
    other: OpenedClient & { kind: 'upstash' },
    prefix: string,
    findings: Findings
): Promise<boolean> {
    const redis = client.redis as unknown as Client;
    const key = `${prefix}doctor:${randomUUID()}`;
    try {
        await redis.eval(`return redis.call('SET', KEYS[1], 'x', 'PX', ARGV[1])`, [key], [String(lifeMs)]);
        findings.ok('reach', 'Upstash answers');
    } catch (error) {
        return unusable(reasonOf(withoutCommand(error)), findings);
    }
    await checkClock(findings, '', async () => {
        const [seconds, microseconds] = (await redis.eval(`return redis.call('TIME')`, [], [])) as [string | number, string | number];
        return Number(seconds) * 1000 + Number(microseconds) / 1000;
    });
    await checkLatency(findings, '', () => redis.eval('return 1', [], []));
    await checkReads(redis, other.redis as unknown as Client, key, findings);
    await checkSize(redis, findings);
    await checkRedisKeys([{ call: (name, ...args) => call(redis, name, args) }], prefix, findings);
    await redis.del(key);
    return true;
}

function unusable(reason: string, findings: Findings): false {
    const isToken = /WRONGPASS|unauthorized|auth token/i.test(reason);
    const isReadOnly = /NOPERM|read.?only|can't run this command/i.test(reason);
    findings.problem(
        'reach',
        isToken ? 'Upstash refuses the token' : isReadOnly ? 'the token may only read' : `Upstash cannot be used: ${reason}`,
        isToken || isReadOnly
            ? 'Take the token of the REST API (not the read-only one) from the console, into KV_REST_API_TOKEN or UPSTASH_REDIS_REST_TOKEN'
            : 'Is the URL that of the REST API (https://…), is the quota spent, and may this machine connect to it?'
    );
    return false;
}

/** Whether another process sees at once what this one wrote, by a plain read. */
async function checkReads(redis: Client, other: Client, key: string, findings: Findings): Promise<void> {
    for (let count = 0; count < 5; count++) {
        const value = `v${count}`;
        await redis.set(key, value, { px: lifeMs });
        if (String(await other.get(key)) !== value) {
            findings.note(
                'consistency',
                'reads are answered by a region that lags behind writes. Sessions are read where they are written, so only `list` may miss one that has just begun',
                'Put servers and the primary region together: each request pays the way there'
            );
            return;
        }
    }
    findings.ok('consistency', 'what one process writes another one reads at once');
}

/** A message that is as long as servers may write one; nothing of it is stored. */
async function checkSize(redis: Client, findings: Findings): Promise<void> {
    try {
        await redis.eval('return #ARGV[1]', [], ['x'.repeat(2 * longestMessage)]);
        findings.ok('size', 'requests may be long enough for messages of 4 MiB, the default of maxEventBytes');
    } catch (error) {
        findings.warning(
            'size',
            `a request of 8 MiB is refused (${reasonOf(withoutCommand(error))}): long messages are sent, but not kept, with an error`,
            "Set maxEventBytes to 40 % of your plan's limit for a request"
        );
    }
}

async function call(redis: Client, name: string, args: readonly (string | number)[]): Promise<unknown> {
    if (name === 'SCAN') {
        const [next, keys] = await redis.scan(String(args[0]), { match: String(args[2]), count: Number(args[4]) });
        return [String(next), keys];
    }
    return redis.eval('return redis.call(ARGV[1], KEYS[1])', [String(args[0])], [name]);
}

/** The clients put the whole command, with all that is in it, behind what the server said. */
function withoutCommand(error: unknown): Error {
    return new Error(
        reasonOf(error)
            .split(/,? command was:/i, 1)[0]
            ?.slice(0, 200)
    );
}
