import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const STARTUP_HEADER = 4;
const HEADER = 5;

/** A proxy in front of a Postgres that reads along what clients ask: one name for each statement, which is one round trip. */
export class StatementCounter {
    #seen: string[] = [];
    readonly #sockets = new Set<Socket>();
    readonly #target: URL;
    readonly #server: Server;

    private constructor(target: URL) {
        this.#target = target;
        this.#server = createServer(client => {
            const server = connect(Number(target.port || 5432), target.hostname);
            readMessages(client, (type, body) => this.#note(type, body));
            client.pipe(server);
            server.pipe(client);
            for (const socket of [client, server]) {
                this.#sockets.add(socket);
                socket.on('error', () => socket.destroy());
                socket.once('close', () => {
                    this.#sockets.delete(socket);
                    (socket === client ? server : client).destroy();
                });
            }
        });
    }

    static async start(targetUrl: string): Promise<StatementCounter> {
        const counter = new StatementCounter(new URL(targetUrl));
        await new Promise<void>(resolve => counter.#server.listen(0, '127.0.0.1', resolve));
        return counter;
    }

    get url(): string {
        const url = new URL(this.#target);
        url.hostname = '127.0.0.1';
        url.port = String((this.#server.address() as AddressInfo).port);
        return url.href;
    }

    take(): string[] {
        const seen = this.#seen;
        this.#seen = [];
        return seen;
    }

    async stop(): Promise<void> {
        const closed = new Promise(resolve => this.#server.close(resolve));
        this.#sockets.forEach(socket => socket.destroy());
        await closed;
    }

    /** `Query` has the statement; `Bind` the name of a portal and that of the statement that was prepared. */
    #note(type: string, body: Buffer): void {
        if (type === 'Q') this.#seen.push(body.toString('utf8', 0, 60));
        if (type === 'B') this.#seen.push(body.toString('utf8').split('\0')[1] || 'unprepared');
    }
}

/** Takes what a client sends apart: a start-up message without a type, and then messages of a type and a length. */
function readMessages(client: Socket, onMessage: (type: string, body: Buffer) => void): void {
    let rest = Buffer.alloc(0);
    let hasBegun = false;
    client.on('data', chunk => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
            const header = hasBegun ? HEADER : STARTUP_HEADER;
            if (rest.length < header) return;
            const end = rest.readUInt32BE(header - STARTUP_HEADER) + header - STARTUP_HEADER;
            if (rest.length < end) return;
            if (hasBegun) onMessage(String.fromCharCode(rest[0] ?? 0), rest.subarray(header, end));
            hasBegun = true;
            rest = rest.subarray(end);
        }
    });
}
