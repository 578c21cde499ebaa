import type { Wire } from '../../cluster/support/wire.js';
import type { WireStream } from '../../cluster/support/wireStream.js';
import type { WatchedCluster } from './watchedCluster.js';

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** A client that stays with one node for as long as that is there, and then goes to another, as behind a load balancer. */
class Visitor {
    readonly wire: Wire;
    private stream: WireStream | undefined;

    constructor(
        private readonly cluster: WatchedCluster,
        private node: string
    ) {
        this.wire = cluster.client();
    }

    async begin(listens: boolean): Promise<void> {
        await this.wire.send(initialize, this.headers).then(answer => {
            this.wire.sessionId = answer.headers.get('mcp-session-id') ?? undefined;
        });
        await this.wire.send({ jsonrpc: '2.0', method: 'notifications/initialized' }, this.headers);
        if (listens) await this.listen();
    }

    async listen(): Promise<void> {
        this.stream = await this.wire.listen(undefined, this.headers);
    }

    async call(name: string, args: Record<string, unknown>): Promise<void> {
        await this.wire.request('tools/call', { name, arguments: args }, this.headers, Math.ceil(Math.random() * 1e9));
    }

    /** Is asked on its node, and answers through another. */
    async beAsked(other: string): Promise<void> {
        const call = await this.wire.call('ask', { message: 'Which word?' }, { headers: this.headers });
        const question = await call.next();
        const result = { action: 'accept', content: { word: 'yes' } };
        await this.wire.send({ jsonrpc: '2.0', id: question.id, result }, { 'x-test-node': other });
        await call.rest();
    }

    /** Its node is gone: it goes on elsewhere. */
    async moveTo(node: string): Promise<void> {
        this.node = node;
        await this.call('echo', { text: 'still here' });
        if (this.stream) await this.listen();
    }

    isOn(node: string): boolean {
        return this.node === node;
    }

    leave(): void {
        this.stream?.abort();
    }

    private get headers() {
        return { 'x-test-node': this.node };
    }
}

const initialize = {
    jsonrpc: '2.0',
    id: 'init',
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: { elicitation: { form: {} } }, clientInfo: { name: 'visitor', version: '1' } }
};

/** Clients that use a cluster for as long as it is looked at. */
export class Traffic {
    readonly visitors: Visitor[] = [];
    private isOver = false;
    private readonly under: Promise<void>[] = [];

    constructor(private readonly cluster: WatchedCluster) {}

    /** So many on each node; every second one has its stream open. */
    async begin(counts: Readonly<Record<string, number>>): Promise<void> {
        for (const [node, count] of Object.entries(counts)) {
            for (let n = 0; n < count; n++) {
                const visitor = new Visitor(this.cluster, node);
                await visitor.begin(n % 2 === 0);
                this.visitors.push(visitor);
            }
        }
    }

    /** Each calls a tool now and then, until the end. */
    flow(everyMs = 900): void {
        for (const visitor of this.visitors) {
            const go = async (): Promise<void> => {
                while (!this.isOver) {
                    await pause(everyMs * (0.4 + Math.random()));
                    // Its node may just be dead.
                    await visitor.call('wait', { ms: Math.random() < 0.3 ? 700 : 20 }).catch(() => undefined);
                }
            };
            this.under.push(go());
        }
    }

    of(node: string): Visitor[] {
        return this.visitors.filter(visitor => visitor.isOn(node));
    }

    async end(): Promise<void> {
        this.isOver = true;
        await Promise.all(this.under);
        this.visitors.forEach(visitor => visitor.leave());
    }
}
