import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What happens to bytes on their way:
 * - `pass`: a plain connection;
 * - `refuse`: connections are cut, and no new one is accepted;
 * - `blackhole`: all bytes are swallowed;
 * - `delayMs`: every chunk is held back for so long;
 * - `answeredTurns`: so many times the client may speak and be answered, then nothing is answered any more. Chunks are
 *   held back a little, so that what is sent together counts as one turn.
 */
export type Fault = 'pass' | 'refuse' | 'blackhole' | { delayMs: number } | { answeredTurns: number };

const HELD_TOGETHER_MS = 40;

interface Connection {
    client: Socket;
    server: Socket;
    turns: number;
    isClientsTurn: boolean;
    isStranded: boolean;
}

/** One direction of a connection. Bytes never overtake each other, also when the delay becomes shorter. */
class Delayed {
    readonly #to: Socket;
    readonly #waiting: { chunk: Buffer; dueAt: number }[] = [];

    constructor(to: Socket) {
        this.#to = to;
    }

    send(chunk: Buffer, delayMs: number): void {
        this.#waiting.push({ chunk, dueAt: performance.now() + delayMs });
        if (this.#waiting.length === 1) this.#next();
    }

    #next(): void {
        for (let [next] = this.#waiting; next; [next] = this.#waiting) {
            const leftMs = next.dueAt - performance.now();
            if (leftMs > 0) {
                setTimeout(() => this.#next(), leftMs);
                return;
            }
            this.#waiting.shift();
            if (this.#to.writable) this.#to.write(next.chunk);
        }
    }
}

/** A connection to a server that can be made to fail: put it in front of Redis. */
export class FaultProxy {
    #fault: Fault = 'pass';
    readonly #targetPort: number;
    readonly #connections = new Set<Connection>();
    #server: Server;
    #port = 0;

    private constructor(targetPort: number) {
        this.#targetPort = targetPort;
        this.#server = this.#makeServer();
    }

    static async start(targetPort: number): Promise<FaultProxy> {
        const proxy = new FaultProxy(targetPort);
        await proxy.#listen();
        return proxy;
    }

    get port(): number {
        return this.#port;
    }

    /** Breaks the connections that are open; new ones are made as before. */
    cut(): void {
        for (const { client, server } of this.#connections) {
            client.destroy();
            server.destroy();
        }
    }

    /** Connections that are open now stay so, and nothing comes over them any more; new ones are made as before. */
    strand(): void {
        for (const connection of this.#connections) connection.isStranded = true;
    }

    /** From now on this fault, until the next. */
    async set(fault: Fault): Promise<void> {
        const wasRefusing = this.#fault === 'refuse';
        this.#fault = fault;
        for (const connection of this.#connections) {
            connection.turns = 0;
            connection.isClientsTurn = false;
        }
        if (fault === 'refuse' && !wasRefusing) {
            const closed = new Promise(resolve => this.#server.close(resolve));
            this.cut();
            await closed;
        } else if (wasRefusing && fault !== 'refuse') {
            this.#server = this.#makeServer();
            await this.#listen();
        }
    }

    async stop(): Promise<void> {
        await this.set('refuse');
    }

    #makeServer(): Server {
        return createServer(client => {
            const server = connect(this.#targetPort, '127.0.0.1');
            const toClient = new Delayed(client);
            const toServer = new Delayed(server);
            const connection: Connection = { client, server, turns: 0, isClientsTurn: false, isStranded: false };
            this.#connections.add(connection);
            client.on('data', chunk => {
                if (!connection.isClientsTurn) connection.turns++;
                connection.isClientsTurn = true;
                this.#forward(chunk, toServer, connection);
            });
            server.on('data', chunk => {
                connection.isClientsTurn = false;
                this.#forward(chunk, toClient, connection);
            });
            for (const [from, to] of [
                [client, server],
                [server, client]
            ] as const) {
                // An error ends in a close, which is all that the other side needs to know.
                from.on('error', () => from.destroy());
                from.once('close', () => {
                    this.#connections.delete(connection);
                    to.destroy();
                });
            }
        });
    }

    #forward(chunk: Buffer, to: Delayed, { turns, isStranded }: Connection): void {
        if (this.#fault === 'blackhole' || isStranded) return;
        if (typeof this.#fault === 'string') {
            to.send(chunk, 0);
        } else if ('delayMs' in this.#fault) {
            to.send(chunk, this.#fault.delayMs);
        } else if (turns <= this.#fault.answeredTurns) {
            to.send(chunk, HELD_TOGETHER_MS);
        }
    }

    async #listen(): Promise<void> {
        await new Promise<void>((resolve, reject) => {
            this.#server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
        });
        this.#port = (this.#server.address() as AddressInfo).port;
    }
}
