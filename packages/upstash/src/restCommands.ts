import type { EmbeddedScript, RedisCommands, ScannedServer } from '@mcp-sessions/redis';
import { withoutData } from './answer.js';
import type { UpstashClient } from './client.js';
import { ScriptRunner } from './scriptRunner.js';

/** One command on one key. An error of Redis stays one. */
const single = 'return redis.pcall(ARGV[1], KEYS[1], unpack(ARGV, 2))';

/** A value and its remaining life, for one command instead of two. */
const getAndPttl = `
local value = redis.pcall('GET', KEYS[1])
if type(value) == 'table' then
    return value
end
return { value, redis.call('PTTL', KEYS[1]) }`;

/** The same of many keys. One of another type has no value. */
const getEachAndPttl = `
local found = {}
for i, key in ipairs(KEYS) do
    local value = redis.pcall('GET', key)
    found[i] = { type(value) == 'string' and value, redis.call('PTTL', key) }
end
return found`;

/**
 * The commands of the Redis adapter, each as one script over REST. Scripts run where writes do, in the primary region, so that
 * each sees every write that was answered before, of whichever process. Plain reads would be answered by a region close by,
 * which may lag behind.
 */
export class RestCommands implements RedisCommands {
    readonly isCluster = false;
    private readonly scripts: ScriptRunner;

    constructor(private readonly redis: UpstashClient) {
        this.scripts = new ScriptRunner(redis);
    }

    async getAndPttl(key: string): Promise<readonly [value: string | null, lifeMs: number]> {
        return (await this.scripts.run(getAndPttl, [key], [])) as [string | null, number];
    }

    async getEachAndPttl(keys: readonly string[]): Promise<readonly (readonly [value: string | null, lifeMs: number])[]> {
        return (await this.scripts.run(getEachAndPttl, keys, [])) as [string | null, number][];
    }

    async getex(key: string, lifeMs: number): Promise<string | null> {
        return (await this.command('GETEX', key, 'PX', lifeMs)) as string | null;
    }

    async set(key: string, value: string, lifeMs: number): Promise<void> {
        await this.command('SET', key, value, 'PX', lifeMs);
    }

    async setIfAbsent(key: string, value: string, lifeMs: number): Promise<boolean> {
        return (await this.command('SET', key, value, 'PX', lifeMs, 'NX')) !== null;
    }

    async pexpire(key: string, lifeMs: number): Promise<void> {
        await this.command('PEXPIRE', key, lifeMs);
    }

    async exists(key: string): Promise<boolean> {
        return (await this.command('EXISTS', key)) === 1;
    }

    async del(key: string): Promise<void> {
        await this.command('DEL', key);
    }

    run({ source }: EmbeddedScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
        return this.scripts.run(source, keys, args);
    }

    /** The whole database. A script cannot scan it and lock single keys only, so this is a plain read, of a region close by. */
    async servers(): Promise<ScannedServer[]> {
        const { redis } = this;
        const scan: ScannedServer['scan'] = async (cursor, pattern, count) => {
            try {
                const [next, keys] = await redis.scan(cursor, { match: pattern, count });
                return [String(next), keys];
            } catch (error) {
                throw withoutData(error);
            }
        };
        return [{ name: '', scan, runId: async () => '' }];
    }

    private command(name: string, key: string, ...args: (string | number)[]): Promise<unknown> {
        return this.scripts.run(single, [key], [name, ...args]);
    }
}

const known = new WeakMap<UpstashClient, RestCommands>();

/** The same for the same client, so that what was learned of its server is learned once. */
export function restCommands(redis: UpstashClient): RestCommands {
    let commands = known.get(redis);
    if (!commands) {
        commands = new RestCommands(redis);
        known.set(redis, commands);
    }
    return commands;
}
