import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Endpoint {
    readonly name: string;
    readonly port: number;
}

/**
 * What a Service of Kubernetes is to clients: a connection goes to the next of its endpoints and stays there, also when that
 * is no endpoint any more. One that takes no connections is not passed over.
 */
export class Service {
    /** May be changed at any time. */
    endpoints: readonly Endpoint[];
    /** How many connections each has been given. */
    readonly given = new Map<string, number>();
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();
    #turn = 0;

    private constructor(endpoints: readonly Endpoint[]) {
        this.endpoints = endpoints;
        this.#server = createServer(client => this.#pass(client));
    }

    static async start(endpoints: readonly Endpoint[]): Promise<Service> {
        const service = new Service(endpoints);
        await new Promise<void>(resolve => service.#server.listen(0, '127.0.0.1', resolve));
        return service;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
    }

    async stop(): Promise<void> {
        this.#sockets.forEach(socket => socket.destroy());
        await new Promise(resolve => this.#server.close(resolve));
    }

    #pass(client: Socket): void {
        const endpoint = this.endpoints[this.#turn++ % this.endpoints.length];
        if (!endpoint) {
            client.destroy();
            return;
        }
        this.given.set(endpoint.name, (this.given.get(endpoint.name) ?? 0) + 1);
        const pod = connect(endpoint.port, '127.0.0.1');
        for (const [from, to] of [
            [client, pod],
            [pod, client]
        ] as const) {
            this.#sockets.add(from);
            from.pipe(to);
            // An error ends in a close, which is all that the other side needs to know.
            from.on('error', () => from.destroy());
            from.once('close', () => {
                this.#sockets.delete(from);
                to.destroy();
            });
        }
    }
}
