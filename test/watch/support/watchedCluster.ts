import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { createSessionBackend, type ChosenBackend } from '@mcp-sessions/backends';
import type { Backend, BackendKind, Calls } from '../../cluster/support/backends/backend.js';
import { Wire } from '../../cluster/support/wire.js';
import { NodeProcess } from '../../support/nodeProcess.js';
import { RoundRobin } from '../../support/roundRobin.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Node's options for a process that runs on the sources. */
export const onSources = ['../../../scripts/typescript.mjs', '../../support/onSources.mjs'].flatMap(name => ['--import', path(name)]);

/** Nodes in processes of their own behind a round robin, on a backend that the test looks into. */
export class WatchedCluster<B extends Backend = Backend> {
    private readonly opened: ChosenBackend[] = [];

    private constructor(
        readonly backend: B,
        /** What the nodes ask of it. */
        readonly calls: Calls,
        readonly nodes: readonly NodeProcess[],
        readonly proxy: RoundRobin
    ) {}

    static async start<B extends Backend>(
        kind: BackendKind<B>,
        count: number,
        env: Record<string, string> = {}
    ): Promise<WatchedCluster<B>> {
        const backend = await kind.open();
        const calls = await backend.count();
        const nodes = Array.from({ length: count }, (_, index) => {
            const name = String.fromCharCode(65 + index);
            const all = { ...backend.env, ...calls.env, BACKEND: 'whole', SWEEP_SECONDS: '3600', NODE_NAME: name, ...env };
            return new NodeProcess({ name, script: path('node.ts'), execArgv: onSources, env: all });
        });
        await Promise.all(nodes.map(node => node.start()));
        return new WatchedCluster(backend, calls, nodes, await RoundRobin.start(nodes));
    }

    /** The backend as one more process has it. */
    async outside(): Promise<ChosenBackend> {
        const { STORE, KEY_PREFIX, SCHEMA, PUSH, ...env } = this.backend.env;
        const backend = await createSessionBackend({
            env,
            logger: { warn: () => undefined },
            kind: STORE as 'redis' | 'postgres' | 'upstash',
            push: PUSH !== '0',
            ...(KEY_PREFIX !== undefined && { keyPrefix: KEY_PREFIX }),
            ...(SCHEMA !== undefined && { schema: SCHEMA })
        });
        this.opened.push(backend);
        return backend;
    }

    node(name: string): NodeProcess {
        const node = this.nodes.find(node => node.name === name);
        if (!node) throw new Error(`There is no node ${name}`);
        return node;
    }

    /** A client of the whole cluster. */
    client(): Wire {
        return new Wire(this.proxy.url);
    }

    /** A client that sends to one node only. */
    clientOf(name: string): Wire {
        return new Wire(`${this.node(name).url}/mcp`);
    }

    async stop(): Promise<void> {
        await Promise.all(this.opened.map(backend => backend.close()));
        await Promise.all(this.nodes.map(node => node.kill()));
        await this.proxy.stop();
        await this.calls.stop();
        await this.backend.close();
    }
}

/** A cluster for the tests of a file, or of a `describe`. */
export function watched<B extends Backend>(kind: BackendKind<B>, count: number, env?: Record<string, string>): () => WatchedCluster<B> {
    let cluster: WatchedCluster<B> | undefined;
    beforeAll(async () => {
        cluster = await WatchedCluster.start(kind, count, env);
    });
    afterAll(() => cluster?.stop());
    return () => {
        if (!cluster) throw new Error('The cluster has not been started');
        return cluster;
    };
}
