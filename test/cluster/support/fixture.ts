import type { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import type { PrivateRedis, Service } from '../../../scripts/services.mjs';
import { startCluster, type Cluster } from '../../support/cluster.js';
import type { NodeProcess } from '../../support/nodeProcess.js';
import type { Seen } from './app.js';
import type { Backend, BackendKind } from './backends/backend.js';
import { ownRedis, redis, type RedisTestBackend } from './backends/redis.js';
import { buildFork } from './build.js';

export { buildFork };

export const seen = async (node: NodeProcess): Promise<Seen> => (await (await fetch(`${node.url}/seen`)).json()) as Seen;
export const closeTransports = async (node: NodeProcess): Promise<void> => void (await fetch(`${node.url}/close-transports`));
export const mcpUrl = (node: NodeProcess): string => `${node.url}/mcp`;

/** A backend for the tests of a file, and clusters on it that end with them. */
export class Fixture<B extends Backend = Backend> {
    readonly #kind: BackendKind<B>;
    readonly #clusters: Cluster[] = [];
    #backend: B | undefined;

    constructor(kind: BackendKind<B>) {
        this.#kind = kind;
    }

    /** Waits until the condition holds; fails when it does not within the time. */
    static async until(what: string, holds: () => Promise<boolean> | boolean, patienceMs = 20_000): Promise<void> {
        const end = performance.now() + patienceMs;
        while (!(await holds())) {
            if (performance.now() > end) throw new Error(`In ${patienceMs} ms it did not come about that ${what}`);
            await new Promise(resolve => setTimeout(resolve, 20));
        }
    }

    get backend(): B {
        if (this.#backend === undefined) throw new Error('The backend is not open');
        return this.#backend;
    }

    /** Nodes with the session store alone, or with `BACKEND: 'whole'` with log, bus and lock as well. */
    async cluster(nodes: number, env: Record<string, string> = {}): Promise<Cluster> {
        const cluster = await startCluster({
            nodes,
            script: new URL('./node.ts', import.meta.url),
            env: { ...this.backend.env, ...env }
        });
        this.#clusters.push(cluster);
        return cluster;
    }

    async open(): Promise<void> {
        await buildFork();
        this.#backend = await this.#kind.open();
    }

    async close(): Promise<void> {
        await Promise.all(this.#clusters.map(cluster => cluster.stop()));
        await this.#backend?.close();
    }
}

/** Opens a backend for the tests that are stated beside this call. */
export function on<B extends Backend>(kind: BackendKind<B>): Fixture<B> {
    const fixture = new Fixture(kind);
    beforeAll(() => fixture.open());
    afterAll(() => fixture.close());
    return fixture;
}

/** What tests that are about Redis itself need of it. */
export class RedisFixture extends Fixture<RedisTestBackend> {
    get redis(): Redis {
        return this.backend.redis;
    }

    get keyPrefix(): string {
        return this.backend.keyPrefix;
    }

    get service(): Service {
        return this.backend.service;
    }

    /** The key of the one record that is in the store. */
    async onlyKey(): Promise<string> {
        const keys = await this.keys();
        if (keys.length !== 1 || keys[0] === undefined) throw new Error(`There are ${keys.length} keys, not one`);
        return keys[0];
    }

    keys(): Promise<string[]> {
        return this.backend.keys();
    }

    clear(): Promise<void> {
        return this.backend.clear();
    }
}

/** Opens the Redis that {@link openRedis} finds, for this file. */
export function onRedis(kind = redis): RedisFixture {
    const fixture = new RedisFixture(kind);
    beforeAll(() => fixture.open());
    afterAll(() => fixture.close());
    return fixture;
}

/** Starts a Redis for this file alone, which it may stop, start and measure. */
export function onOwnRedis(): { fixture: RedisFixture; server: () => PrivateRedis } {
    const fixture = onRedis(ownRedis);
    return { fixture, server: () => fixture.service as PrivateRedis };
}
