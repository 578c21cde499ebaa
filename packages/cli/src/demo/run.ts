import type { SessionBackendOptions } from '@mcp-sessions/backends';
import type { Cli } from '../cli.js';
import { exitCodes } from '../exitCodes.js';
import { pause } from '../waiting.js';
import { DemoClient } from './client.js';
import { startMemoryNode, startNode, type DemoNode } from './nodes.js';

/** `revalidateMs`, as it is by default. */
const trustedMs = 1000;

const start = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'demo-client', version: '1' } };

/** One client, one session, and nodes that are killed. Returns the exit code. */
export class Demo {
    private readonly client = new DemoClient();
    private readonly started: DemoNode[] = [];
    private nodes: DemoNode[] = [];
    private turn = 0;
    private calls = 0;
    private failures = 0;
    private readonly begin = performance.now();

    constructor(
        private readonly cli: Cli,
        /** Undefined: memory. */
        private readonly options: SessionBackendOptions | undefined,
        private readonly isJson: boolean
    ) {}

    async run(): Promise<number> {
        try {
            await (this.options ? this.onNodes(this.options) : this.inMemory());
        } finally {
            await this.stop();
        }
        const { calls, failures } = this;
        const { out } = this.cli;
        if (this.isJson) {
            out.json({ requests: calls, failures, passed: failures === 0 });
        } else {
            const verdict = failures === 0 ? out.colours.green('PASSED') : out.colours.red('FAILED');
            out.line(`\n${verdict}  ${calls} requests, ${calls - failures} answered as they should be. One session id from first to last.`);
        }
        return failures === 0 ? exitCodes.ok : exitCodes.failed;
    }

    /** Ends all processes. May be called twice. */
    async stop(): Promise<void> {
        await Promise.all(this.started.splice(0).map(node => node.end()));
    }

    private async onNodes(options: SessionBackendOptions): Promise<void> {
        this.nodes = await Promise.all(['A', 'B', 'C'].map(name => this.startNode(name, options)));
        this.say('nodes', this.nodes.map(({ name, pid }) => `${name} (pid ${pid})`).join(', '));
        await this.handshake();
        await this.add(6);
        const [first, second] = this.nodes as [DemoNode, DemoNode, DemoNode];
        await first.end();
        this.nodes = this.nodes.slice(1);
        this.say('KILL', `kill -9 ${first.pid}: node ${first.name}`);
        await this.add(4);
        await this.dieInACall(second, options);
        this.say('KILL', `kill -9 ${this.nodes.map(({ pid }) => pid).join(' ')}: no node is left`);
        await Promise.all(this.nodes.map(node => node.end()));
        this.nodes = await Promise.all(['A', 'B', 'C'].map(name => this.startNode(name, options)));
        this.say('START', `A, B, C, all new (pids ${this.nodes.map(({ pid }) => pid).join(', ')})`);
        await this.add(6);
        await this.end();
    }

    private async inMemory(): Promise<void> {
        const { out } = this.cli;
        out.note('No backend is named, so this is one process with its sessions in memory. What is the point of it, that nodes are killed');
        out.note('and the session goes on, needs a store that outlives them: export REDIS_URL=redis://localhost:6379');
        this.nodes = [await startMemoryNode('A')];
        this.started.push(...this.nodes);
        await this.handshake();
        await this.add(3);
        await this.end();
    }

    private async handshake(): Promise<void> {
        const node = this.next();
        const { status } = await this.client.send(node.url, 'initialize', start);
        this.count('initialize', node, status === 200 && this.client.sessionId !== undefined);
        const other = this.next();
        const { status: accepted } = await this.client.send(other.url, 'notifications/initialized');
        this.count('notifications/initialized', other, accepted === 202);
    }

    private async add(times: number): Promise<void> {
        const served: string[] = [];
        let right = 0;
        for (let count = 0; count < times; count++) {
            const node = this.next();
            served.push(node.name);
            const { message } = await this.client.send(node.url, 'tools/call', { name: 'add', arguments: { a: count, b: 100 } });
            right += Number(JSON.stringify(message?.result ?? '').includes(`"${count + 100}"`));
        }
        this.calls += times;
        this.failures += times - right;
        this.say('client', `tools/call add x${times}`, served.join(' '), right === times, `${right} of ${times} sums right`);
    }

    /** A call whose node dies: another one tells the client, when it comes back for the answer. */
    private async dieInACall(node: DemoNode, options: SessionBackendOptions): Promise<void> {
        const lastEventId = await this.client.begin(node.url, 'tools/call', { name: 'hang' });
        await node.end();
        this.say('KILL', `kill -9 ${node.pid}: node ${node.name}, in the middle of a call`);
        this.nodes = [...this.nodes.filter(other => other !== node), await this.startNode(node.name, options)];
        const other = this.next();
        const { message } = await this.client.resume(other.url, lastEventId);
        this.count('comes back for its call', other, message?.error !== undefined, 'told that its call is lost, not left waiting');
    }

    private async end(): Promise<void> {
        const node = this.next();
        const status = await this.client.end(node.url);
        this.count('DELETE: the session ends', node, status === 200 || status === 204);
        // Until then a node may trust the copy that it has: the news of a DELETE may come a moment later than a request.
        await pause(trustedMs, this.cli.signal);
        const statuses = await Promise.all(this.nodes.map(({ url }) => this.client.send(url, 'ping')));
        const isGone = statuses.every(answered => answered.status === 404);
        this.say('nodes', 'ask each of them for it', '', isGone, statuses.map(answered => answered.status).join(' '));
        this.failures += Number(!isGone);
    }

    private async startNode(name: string, options: SessionBackendOptions): Promise<DemoNode> {
        const node = await startNode(name, options);
        this.started.push(node);
        return node;
    }

    /** Round robin, without affinity. */
    private next(): DemoNode {
        const node = this.nodes[this.turn++ % this.nodes.length];
        if (!node) {
            throw new Error('No node is left');
        }
        return node;
    }

    private count(what: string, node: DemoNode, isRight: boolean, result = ''): void {
        this.calls++;
        this.failures += Number(!isRight);
        this.say('client', what, node.name, isRight, result);
    }

    private say(who: string, what: string, nodes?: string, isRight?: boolean, result = ''): void {
        const { out } = this.cli;
        const ms = performance.now() - this.begin;
        if (this.isJson) {
            out.json({ atMs: Math.round(ms), who, what, nodes, ok: isRight, result: result || undefined });
            return;
        }
        const { colours } = out;
        const paint = who === 'KILL' ? colours.red : who === 'START' ? colours.green : colours.cyan;
        const outcome = isRight === undefined ? '' : isRight ? colours.green('ok') : colours.red('FAILED');
        const line = nodes === undefined ? what : `${what.padEnd(28)} ${nodes.padEnd(12)} ${outcome}  ${result}`;
        out.line(`${colours.dim(`${(ms / 1000).toFixed(1).padStart(5)} s`)}  ${paint(who.padEnd(7))} ${line}`.trimEnd());
    }
}
