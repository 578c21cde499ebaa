import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer as _secure, createServer as createHttp2Server, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionHandler, shutDown, type SessionHandler } from '@mcp-sessions/sdk/server';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { request } from './support/requests.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
});

const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };

function handle(): SessionHandler {
    const handler = createSessionHandler(() => new McpServer({ name: 'mounted', version: '1.0.0' }));
    open.push(handler);
    return handler;
}
async function listen(server: Server): Promise<string> {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    open.push({
        close: async () => {
            server.closeAllConnections();
            await new Promise(resolve => server.close(resolve));
        }
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

it.each([
    ['express.urlencoded()', express.urlencoded({ extended: false })],
    // As its release 4 has it: what a parser has nothing to do with gets an empty object.
    ['a parser that leaves {}', (req: IncomingMessage & { body?: unknown }, _res: unknown, next: () => void) => ((req.body = {}), next())]
])('a body that %s has not read is read', async (_name, parser) => {
    const app = express();
    app.all('/mcp', parser as express.RequestHandler, handle().node);
    const url = await listen(createServer(app));
    expect((await request(url, undefined, 'initialize', params)).status).toBe(200);
});

it('an empty object that was read is no message', async () => {
    const app = express();
    app.all('/mcp', express.json(), handle().node);
    const url = await listen(createServer(app));
    const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: '{}'
    });
    expect(answer.status).toBe(400);
});

it('a body that cannot be had from the platform is read as it came', async () => {
    const handler = handle();
    const failures: unknown[] = [];
    const server = createServer((req, res) => {
        // Vercel parses when it is asked, and throws for what is no JSON.
        Object.defineProperty(req, 'body', {
            get: () => {
                throw new Error('Invalid JSON');
            }
        });
        handler.node(req, res).catch((error: unknown) => failures.push(error));
    });
    const url = await listen(server);
    const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: '{"jsonrpc":'
    });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: -32700 } }]);
    expect((await request(url, undefined, 'initialize', params)).status).toBe(200);
    expect(failures).toEqual([]);
});

it('fetch takes null for no options', async () => {
    const answer = await handle().fetch(new Request('http://localhost/mcp', { method: 'PUT' }), null);
    expect(answer.status).toBe(405);
});

it('F5: a drain may have no grace at all', async () => {
    const handler = handle();
    await handler.drain({ graceMs: 0 });
    expect(handler.isReady).toBe(false);
    await expect(handler.drain({ graceMs: -1 })).rejects.toThrow(RangeError);
});

it('is mounted on HTTP/2, and shut down with it', async () => {
    const handler = handle();
    const server = createHttp2Server((req, res) => void handler.node(req, res));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
        const stream = session.request({
            ':method': 'POST',
            ':path': '/mcp',
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream'
        });
        stream.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
        const status = await new Promise(resolve => stream.on('response', headers => resolve(headers[':status'])));
        stream.resume();
        expect(status).toBe(200);
        await shutDown(handler, { server, graceMs: 1000 });
    } finally {
        session.destroy();
        server.close();
    }
});

/** Compiles: nothing is listened on. */
export const typed = (handler: SessionHandler): unknown => [
    shutDown(handler, { server: _secure({}) }),
    _secure({}, (req, res) => void handler.node(req, res))
];
