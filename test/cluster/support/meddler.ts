import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Meddling {
    /** Breaks a connection on which no byte came from the server for this long. */
    cutIdleMs?: number;
    /** Holds back what the server sends until there are so many bytes, or the first of them has waited for so long. */
    hold?: { bytes: number; ms: number };
}

/** A proxy between client and server of the kind that lets requests pass and means no harm. */
export class Meddler {
    /** How many connections it broke. */
    cuts = 0;
    readonly #sockets = new Set<Socket>();
    readonly #server: Server;

    private constructor(targetPort: number, meddling: Meddling) {
        this.#server = createServer(client => {
            const server = connect(targetPort, '127.0.0.1');
            this.#tie(client, server);
            client.pipe(server);
            if (meddling.hold) {
                holdBack(server, client, meddling.hold);
            } else {
                server.pipe(client);
            }
            if (meddling.cutIdleMs !== undefined) this.#cutIdle(server, meddling.cutIdleMs);
        });
    }

    static async start(targetPort: number, meddling: Meddling): Promise<Meddler> {
        const meddler = new Meddler(targetPort, meddling);
        await new Promise<void>(resolve => meddler.#server.listen(0, '127.0.0.1', resolve));
        return meddler;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
    }

    async stop(): Promise<void> {
        const closed = new Promise(resolve => this.#server.close(resolve));
        this.#sockets.forEach(socket => socket.destroy());
        await closed;
    }

    /** What ends on one side ends on the other. */
    #tie(client: Socket, server: Socket): void {
        for (const [one, other] of [
            [client, server],
            [server, client]
        ] as const) {
            this.#sockets.add(one);
            one.on('error', () => one.destroy());
            one.once('close', () => {
                this.#sockets.delete(one);
                // What is on its way still arrives.
                other.end();
            });
        }
    }

    #cutIdle(server: Socket, ms: number): void {
        const idle = setTimeout(() => {
            this.cuts++;
            server.destroy();
        }, ms);
        server.on('data', () => idle.refresh());
        server.once('close', () => clearTimeout(idle));
    }
}

function holdBack(from: Socket, to: Socket, { bytes, ms }: { bytes: number; ms: number }): void {
    let held: Buffer[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
        clearTimeout(timer);
        timer = undefined;
        if (to.writable) to.write(Buffer.concat(held));
        held = [];
    };
    from.on('data', chunk => {
        held.push(chunk);
        timer ??= setTimeout(flush, ms);
        if (held.reduce((sum, { length }) => sum + length, 0) >= bytes) flush();
    });
    from.once('end', () => {
        flush();
        to.end();
    });
}
