// One function: a process that serves one request, and is killed by the platform when its answer has ended.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

type Handler = (request: Request) => Response | Promise<Response>;

const [name = '/api/mcp'] = process.argv.slice(2);
const handlers = (await import(new URL(`..${name}.js`, import.meta.url).href)) as Record<string, Handler>;

const pending: Promise<unknown>[] = [];
const waitUntil = (work: Promise<unknown>) => void pending.push(work);
// Where `@vercel/functions` looks for its platform.
Object.assign(globalThis, { [Symbol.for('@vercel/request-context')]: { get: () => ({ waitUntil }) } });

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = 'GET', headers, url = '/' } = req;
    const body = method === 'POST' ? await text(req) : null;
    const request = new Request(`http://${headers.host}${url}`, { method, headers: headers as Record<string, string>, body });
    const response = (await handlers[method]?.(request)) ?? new Response(null, { status: 405 });
    res.writeHead(response.status, Object.fromEntries(response.headers)).flushHeaders();
    await pipeline(response.body ? Readable.fromWeb(response.body) : Readable.from([]), res);
    await Promise.allSettled(pending);
    process.send?.('done');
}

const server = createServer((req, res) => void serve(req, res));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

// Not to outlive the platform, however that ends.
process.on('disconnect', () => process.exit());
