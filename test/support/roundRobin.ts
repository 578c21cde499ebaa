import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Target {
    readonly name: string;
    readonly port: number;
}

/** One request that passed through. */
export interface Passed {
    /** The node that answered; undefined when every node refused the connection. */
    node: string | undefined;
    method: string;
    /** The `method` of the JSON-RPC message, if the body was one. */
    rpc: string | undefined;
    status: number;
}

/** Only so much of a body is looked at to name the call in {@link Passed}. */
const PEEK_BYTES = 64 * 1024;

/**
 * A load balancer as plain as can be: each request goes to the next node, with no regard for sessions.
 *
 * A node that refuses the connection is passed over. Bytes go through as they come, in both directions, and when one
 * side breaks off, so does the other. A request may choose its node by the header `x-test-node`.
 */
export class RoundRobin {
    readonly passed: Passed[] = [];
    /** May be changed at any time. */
    targets: readonly Target[];
    readonly #server: Server;
    readonly #underWay = new Map<ServerResponse, Passed>();
    #turn = 0;

    private constructor(targets: readonly Target[]) {
        this.targets = targets;
        this.#server = createServer((req, res) => this.#pass(req, res));
        this.#server.requestTimeout = 0;
    }

    static async start(targets: readonly Target[]): Promise<RoundRobin> {
        const proxy = new RoundRobin(targets);
        await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve));
        return proxy;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
    }

    /** The next request goes to this node, and the turn goes on from there. */
    next(index: number): void {
        this.#turn = index;
    }

    /** Breaks the connections of requests of this method that are under way, on both sides. */
    cut(method: string): void {
        for (const [res, record] of this.#underWay) {
            if (record.method === method) res.destroy();
        }
    }

    /** The node that got the last call of this name. */
    nodeOf(rpc: string): Target | undefined {
        const name = this.passed.filter(record => record.rpc === rpc).at(-1)?.node;
        return this.targets.find(target => target.name === name);
    }

    /** How many requests each node has answered. */
    served(): Record<string, number> {
        const counts: Record<string, number> = Object.fromEntries(this.targets.map(target => [target.name, 0]));
        for (const { node } of this.passed) {
            if (node !== undefined) counts[node] = (counts[node] ?? 0) + 1;
        }
        return counts;
    }

    async stop(): Promise<void> {
        this.#server.closeAllConnections();
        await new Promise<void>(resolve => this.#server.close(() => resolve()));
    }

    #pass(req: IncomingMessage, res: ServerResponse): void {
        const chosen = this.targets.findIndex(target => target.name === req.headers['x-test-node']);
        const first = chosen >= 0 ? chosen : this.#turn++;
        const record: Passed = { node: undefined, method: req.method ?? '', rpc: undefined, status: 502 };
        this.passed.push(record);
        this.#underWay.set(res, record);
        res.once('close', () => this.#underWay.delete(res));
        // A request that names its node is not handed to another.
        const attempts = chosen >= 0 ? 1 : this.targets.length;
        this.#try(req, res, record, first, attempts);
    }

    #try(req: IncomingMessage, res: ServerResponse, record: Passed, index: number, attemptsLeft: number): void {
        const target = this.targets[index % this.targets.length];
        if (!target || attemptsLeft === 0) {
            res.writeHead(502, { 'content-type': 'text/plain' }).end('No node accepts connections');
            return;
        }
        const { method, url, headers } = req;
        // Connections are not kept, so that "refused" is known before a byte is sent.
        const upstream = request({ host: '127.0.0.1', port: target.port, method, path: url, headers, agent: false });
        let connected = false;
        upstream.once('socket', (socket: Socket) =>
            socket.once('connect', () => {
                connected = true;
                record.node = target.name;
                sendBody(req, upstream, record);
            })
        );
        upstream.once('response', answer => {
            record.status = answer.statusCode ?? 0;
            res.writeHead(record.status, answer.rawHeaders);
            res.flushHeaders();
            answer.pipe(res);
            answer.once('error', () => res.destroy());
        });
        upstream.once('error', () => {
            if (connected) {
                res.destroy();
                return;
            }
            if (attemptsLeft > 1) this.#turn++;
            this.#try(req, res, record, index + 1, attemptsLeft - 1);
        });
        res.once('close', () => upstream.destroy());
    }
}

function sendBody(req: IncomingMessage, upstream: NodeJS.WritableStream, record: Passed): void {
    let peek = '';
    req.on('data', (chunk: Buffer) => {
        if (peek.length < PEEK_BYTES) peek += chunk.toString('latin1');
    });
    req.once('end', () => {
        record.rpc = /"method"\s*:\s*"([^"]+)"/.exec(peek)?.[1];
    });
    req.pipe(upstream);
}
