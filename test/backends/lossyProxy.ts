import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server on which answers can be lost: what was asked is done, and the one who asked never hears of it. */
export class LossyProxy {
    private losing = false;
    private readonly sockets = new Set<Socket>();
    private readonly server;

    private constructor(targetPort: number) {
        this.server = createServer(client => {
            const server = connect(targetPort, '127.0.0.1');
            client.on('data', chunk => server.write(chunk));
            server.on('data', chunk => void (this.losing ? this.cut() : client.write(chunk)));
            for (const [from, to] of [
                [client, server],
                [server, client]
            ] as const) {
                this.sockets.add(from);
                from.on('error', () => from.destroy());
                from.once('close', () => {
                    this.sockets.delete(from);
                    to.destroy();
                });
            }
        });
    }

    static async start(targetPort: number): Promise<LossyProxy> {
        const proxy = new LossyProxy(targetPort);
        await new Promise<void>(resolve => proxy.server.listen(0, '127.0.0.1', resolve));
        return proxy;
    }

    get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    /** The next answer is lost, and all connections with it; those that follow are good again. */
    loseNextAnswer(): void {
        this.losing = true;
    }

    stop(): void {
        this.server.close();
        this.cut();
    }

    private cut(): void {
        this.losing = false;
        this.sockets.forEach(socket => socket.destroy());
    }
}
