import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Cluster } from '../support/cluster.js';
import type { NodeProcess } from '../support/nodeProcess.js';
import { machineTime, type NodeRecord } from '../cluster/support/sentRecorder.js';
import type { Fault } from './history.js';
import { NodeRecords } from './nodeRecords.js';
import { NODES } from './schedule.js';

/** Where schedules are played, one after the other: a cluster of processes whose nodes are killed, paused and healed. */
export class Stage {
    /** All that befell the nodes so far. */
    readonly faults: Fault[] = [];
    readonly #records: NodeRecords;
    readonly #healing = new Set<Promise<void>>();
    /** Nodes that are killed or paused now. */
    readonly #down = new Set<NodeProcess>();

    private constructor(
        private readonly cluster: Cluster,
        private readonly folder: string
    ) {
        this.#records = new NodeRecords(join(folder, 'sent'));
    }

    static async open(redisUrl: string): Promise<Stage> {
        const folder = mkdtempSync(join(tmpdir(), 'mcp-histories-'));
        const recordFile = join(folder, 'sent');
        writeFileSync(recordFile, '');
        const env = {
            REDIS_URL: redisUrl,
            KEY_PREFIX: `histories:${randomUUID()}:`,
            TTL_SECONDS: '300',
            BACKEND: 'redis',
            // A machine that is busy must not look like a store that is down.
            STORE_TIMEOUT_MS: '5000',
            RECORD_FILE: recordFile
        };
        const script = new URL('../cluster/support/node.ts', import.meta.url);
        return new Stage(await startCluster({ nodes: NODES, script, env }), folder);
    }

    name(node: number): string {
        return this.#node(node).name;
    }

    url(node: number): string {
        return `${this.#node(node).url}/mcp`;
    }

    /** `kill -9`, and a new start at once. */
    kill(index: number): void {
        const node = this.#node(index);
        if (this.#down.has(node)) return;
        const fault = this.#note('kill', node);
        this.#heal(node, fault, () => node.restart());
    }

    /** SIGSTOP, and SIGCONT after that time. */
    pause(index: number, forMs: number): void {
        const node = this.#node(index);
        const { pid } = node;
        if (this.#down.has(node) || pid === undefined) return;
        const fault = this.#note('pause', node);
        process.kill(pid, 'SIGSTOP');
        this.#heal(node, fault, async () => {
            await new Promise(resolve => setTimeout(resolve, forMs));
            process.kill(pid, 'SIGCONT');
        });
    }

    /** Resolves when every node runs again. */
    async healed(): Promise<void> {
        while (this.#healing.size > 0) await Promise.all(this.#healing);
    }

    /** What nodes wrote down since the last call. */
    records(): NodeRecord[] {
        return this.#records.read();
    }

    async close(): Promise<void> {
        await this.healed();
        await this.cluster.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    #node(index: number): NodeProcess {
        const node = this.cluster.nodes[index];
        if (!node) throw new RangeError(`There is no node ${index}`);
        return node;
    }

    #note(kind: Fault['kind'], node: NodeProcess): Fault {
        const fault: Fault = { kind, node: node.name, life: node.pid ?? 0, from: machineTime(), to: Infinity };
        this.faults.push(fault);
        return fault;
    }

    #heal(node: NodeProcess, fault: Fault, task: () => Promise<void>): void {
        this.#down.add(node);
        const healing = task().then(() => {
            this.#down.delete(node);
            this.#healing.delete(healing);
            fault.to = machineTime();
        });
        this.#healing.add(healing);
        // A node that does not start again is found out by whoever waits for all to be healed.
        healing.catch(() => undefined);
    }
}
