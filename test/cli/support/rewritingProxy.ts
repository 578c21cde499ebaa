import { connect, createServer, type AddressInfo } from 'node:net';

export interface RewritingProxy {
    readonly port: number;
    stop(): Promise<void>;
}

/**
 * Stands in front of a server and puts other words into its mouth: a version that is not to be had, a clock that is off.
 *
 * @param rewrite makes of what the server says a text of the same length, one character per byte.
 * @param rewriteRequests the same of what clients say.
 */
export async function startRewritingProxy(
    targetPort: number,
    rewrite: (text: string) => string,
    rewriteRequests: (text: string) => string = text => text
): Promise<RewritingProxy> {
    const rewritten = (chunk: Buffer, change: (text: string) => string) => {
        const text = change(chunk.toString('latin1'));
        if (text.length !== chunk.length) throw new Error('What is rewritten must stay as long as it was');
        return Buffer.from(text, 'latin1');
    };
    const server = createServer(client => {
        const target = connect(targetPort, '127.0.0.1');
        client.on('data', chunk => void target.write(rewritten(chunk, rewriteRequests)));
        target.on('data', chunk => void client.write(rewritten(chunk, rewrite)));
        for (const [one, other] of [
            [client, target],
            [target, client]
        ] as const) {
            one.on('error', () => one.destroy());
            one.once('close', () => other.destroy());
        }
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return {
        port: (server.address() as AddressInfo).port,
        stop: () => new Promise(resolve => void server.close(() => resolve()))
    };
}
