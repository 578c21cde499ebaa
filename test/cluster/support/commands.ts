import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Monitor, type MonitoredCommand } from './monitor.js';

/** Listens to what a Redis is asked: `MONITOR`, reduced to the commands on keys of one prefix. */
export class Commands {
    #seen: MonitoredCommand[] = [];
    readonly #redis: Redis;
    #monitor: Monitor | undefined;

    private constructor(redis: Redis) {
        this.#redis = redis;
    }

    static async listen(redis: Redis): Promise<Commands> {
        const { host = '127.0.0.1', port = 6379, username, password } = redis.options;
        const commands = new Commands(redis);
        commands.#monitor = await Monitor.open({ host, port, username, password }, command => commands.#seen.push(command));
        return commands;
    }

    /** The names of the commands on keys with this prefix since the last call, in lower case, those within scripts left out. */
    async take(prefix: string): Promise<string[]> {
        const mark = randomUUID();
        await this.#redis.echo(mark);
        while (!this.#seen.some(({ args }) => args[1] === mark)) {
            if (this.#monitor?.failure) throw this.#monitor.failure;
            await new Promise(resolve => setTimeout(resolve, 5));
        }
        const seen = this.#seen;
        this.#seen = [];
        return seen
            .filter(({ source, args }) => source !== 'lua' && args.some(arg => arg.startsWith(prefix)))
            .map(({ args: [name = ''] }) => name.toLowerCase());
    }

    stop(): void {
        this.#monitor?.close();
    }
}
