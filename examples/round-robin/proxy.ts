import { request, type RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A load balancer as plain as can be: each request goes to the next node, with no regard for sessions. */
export function roundRobin(ports: () => number[]): RequestListener {
    let turn = 0;
    return async (req, res) => {
        const body = await buffer(req).catch(() => undefined);
        if (!body) return; // the client has gone
        const open = ports();

        function pass(attemptsLeft: number): void {
            const port = open[turn++ % open.length];
            if (port === undefined || attemptsLeft === 0) return void res.writeHead(502).end('No node accepts connections');
            const { method, url: path, headers } = req;
            const upstream = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, answer => {
                res.writeHead(answer.statusCode ?? 502, answer.rawHeaders).flushHeaders();
                answer.on('error', () => res.destroy()).pipe(res);
            });
            // A node that refuses the connection is passed over. One that breaks off may have done its work: the client must know.
            upstream.on('error', (error: NodeJS.ErrnoException) =>
                error.code === 'ECONNREFUSED' ? pass(attemptsLeft - 1) : res.destroy()
            );
            res.once('close', () => upstream.destroy());
            upstream.end(body);
        }
        pass(open.length);
    };
}
