import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionHandler, type SessionHandler } from '@mcp-sessions/sdk/server';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { officialClient } from '../cluster/support/officialClient.js';

const open: { handler: SessionHandler; http: Server }[] = [];

/** An Express application with the handler, behind these middlewares. */
async function listen(...middlewares: express.RequestHandler[]): Promise<string> {
    const handler = createSessionHandler(() => {
        const server = new McpServer({ name: 'mounted', version: '1.0.0' });
        server.registerTool('hello', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
        return server;
    });
    const app = express();
    app.all('/mcp', ...middlewares, handler.node);
    const http = await new Promise<Server>(resolve => {
        const server = app.listen(0, '127.0.0.1', () => resolve(server));
    });
    open.push({ handler, http });
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}

afterEach(async () => {
    for (const { handler, http } of open.splice(0)) {
        await handler.close();
        http.closeAllConnections();
        await new Promise(resolve => http.close(resolve));
    }
});

it.each([
    ['as it is', []],
    ['behind express.json()', [express.json()]]
])('is mounted on Express, %s', async (_how, middlewares) => {
    const { client, tool } = await officialClient(await listen(...middlewares));
    expect(await tool('hello')).toBe('hello');
    await client.close();
});
