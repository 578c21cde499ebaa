// One node, as `cluster.ts` starts it.
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionBackend, createSessionHandler, sessionState, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import express from 'express';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'round-robin', version: '1.0.0' });
    server.registerTool('count', { description: 'How often this session has called, and who answers' }, async extra => {
        const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => before + 1);
        const answer = { count, node: process.env.NODE_NAME, pid: process.pid };
        return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    });
    return server;
}

const backend = await createSessionBackend();
const sessions = createSessionHandler(() => buildServer(), { backend });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
// Not to outlive `cluster.ts`, however that ends.
process.on('disconnect', () => process.exit());
