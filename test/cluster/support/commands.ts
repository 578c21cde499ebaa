import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Listens to what a Redis is asked: `MONITOR`, reduced to the commands on keys of one prefix. */
export class Commands {
    #seen: string[][] = [];
    readonly #monitor: Redis;
    readonly #redis: Redis;

    private constructor(monitor: Redis, redis: Redis) {
        this.#monitor = monitor;
        this.#redis = redis;
        monitor.on('monitor', (_time: string, args: string[]) => void this.#seen.push(args));
    }

    static async listen(redis: Redis): Promise<Commands> {
        return new Commands(await redis.monitor(), redis);
    }

    /** The names of the commands on keys with this prefix since the last call, in lower case, those within scripts left out. */
    async take(prefix: string): Promise<string[]> {
        const mark = randomUUID();
        await this.#redis.echo(mark);
        while (!this.#seen.some(([, argument]) => argument === mark)) await new Promise(resolve => setTimeout(resolve, 5));
        const seen = this.#seen;
        this.#seen = [];
        return seen.filter(args => args.some(arg => arg.startsWith(prefix))).map(([name = '']) => name.toLowerCase());
    }

    stop(): void {
        this.#monitor.disconnect();
    }
}
