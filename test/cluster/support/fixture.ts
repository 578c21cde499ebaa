import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { openRedis, startPrivateRedis, type PrivateRedis, type Service } from '../../../scripts/services.mjs';
import { startCluster, type Cluster } from '../../support/cluster.js';
import type { NodeProcess } from '../../support/nodeProcess.js';
import type { Seen } from './app.js';
import { buildFork } from './build.js';

export { buildFork };

export const seen = async (node: NodeProcess): Promise<Seen> => (await (await fetch(`${node.url}/seen`)).json()) as Seen;
export const closeTransports = async (node: NodeProcess): Promise<void> => void (await fetch(`${node.url}/close-transports`));
export const mcpUrl = (node: NodeProcess): string => `${node.url}/mcp`;

/** A Redis for the tests of a file, and clusters on it that end with the file. */
export class Fixture {
    redis!: Redis;
    keyPrefix = `test:${randomUUID()}:`;
    service!: Service;
    readonly #clusters: Cluster[] = [];
    #isOpen = false;

    /** Waits until the condition holds; fails when it does not within the time. */
    static async until(what: string, holds: () => Promise<boolean> | boolean, patienceMs = 10_000): Promise<void> {
        const end = performance.now() + patienceMs;
        while (!(await holds())) {
            if (performance.now() > end) throw new Error(`In ${patienceMs} ms it did not come about that ${what}`);
            await new Promise(resolve => setTimeout(resolve, 20));
        }
    }

    async cluster(nodes: number, env: Record<string, string> = {}): Promise<Cluster> {
        const cluster = await startCluster({
            nodes,
            script: new URL('./node.ts', import.meta.url),
            env: { REDIS_URL: this.service.url, KEY_PREFIX: this.keyPrefix, ...env }
        });
        this.#clusters.push(cluster);
        return cluster;
    }

    /** The key of the one record that is in the store. */
    async onlyKey(): Promise<string> {
        const keys = await this.keys();
        if (keys.length !== 1 || keys[0] === undefined) throw new Error(`There are ${keys.length} keys, not one`);
        return keys[0];
    }

    keys(): Promise<string[]> {
        return this.redis.keys(`${this.keyPrefix}*`);
    }

    async clear(): Promise<void> {
        const keys = await this.keys();
        if (keys.length > 0) await this.redis.del(...keys);
    }

    async open(isPrivate: boolean): Promise<void> {
        await buildFork();
        this.service = isPrivate ? await startPrivateRedis({ persistent: true }) : await openRedis();
        this.redis = new Redis(this.service.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
        this.redis.on('error', () => undefined);
        this.#isOpen = true;
    }

    async close(): Promise<void> {
        await Promise.all(this.#clusters.map(cluster => cluster.stop()));
        if (!this.#isOpen) return;
        if (this.redis.status === 'ready') await this.clear();
        this.redis.disconnect();
        await this.service.stop();
    }
}

/** Opens the Redis that {@link openRedis} finds, for this file. */
export function onRedis(): Fixture {
    const fixture = new Fixture();
    beforeAll(() => fixture.open(false));
    afterAll(() => fixture.close());
    return fixture;
}

/** Starts a Redis for this file alone, which it may stop, start and measure. */
export function onOwnRedis(): { fixture: Fixture; server: () => PrivateRedis } {
    const fixture = new Fixture();
    beforeAll(() => fixture.open(true));
    afterAll(() => fixture.close());
    return { fixture, server: () => fixture.service as PrivateRedis };
}
