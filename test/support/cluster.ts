import { fileURLToPath } from 'node:url';
import { NodeProcess } from './nodeProcess.js';
import { RoundRobin } from './roundRobin.js';

const LOADER = new URL('../../scripts/typescript.mjs', import.meta.url).href;

export interface ClusterOptions {
    nodes: number;
    /** The server's file, in JavaScript or TypeScript. */
    script: URL;
    env?: Record<string, string>;
    cwd?: string;
}

/** Servers in separate processes, and the round robin in front of them. */
export interface Cluster {
    readonly nodes: readonly NodeProcess[];
    readonly proxy: RoundRobin;
    /** Ends every process and the proxy. May be called twice. */
    stop(): Promise<void>;
}

/** Starts the nodes A, B, C … and the round robin. */
export async function startCluster({ nodes: count, script, env, cwd }: ClusterOptions): Promise<Cluster> {
    const path = fileURLToPath(script);
    const execArgv = path.endsWith('.ts') ? ['--import', LOADER] : [];
    const nodes = Array.from({ length: count }, (_, index) => {
        const name = String.fromCharCode(65 + index);
        return new NodeProcess({ name, script: path, execArgv, env: { ...env, NODE_NAME: name }, ...(cwd && { cwd }) });
    });
    const stopNodes = () => Promise.all(nodes.map(node => node.kill()));
    try {
        await Promise.all(nodes.map(node => node.start()));
    } catch (error) {
        await stopNodes();
        throw error;
    }
    const proxy = await RoundRobin.start(nodes);
    let stopped: Promise<void> | undefined;
    const stop = async () => {
        await Promise.all([stopNodes(), proxy.stop()]);
    };
    return { nodes, proxy, stop: () => (stopped ??= stop()) };
}
