import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionBackend, createSessionHandler, sessionState, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import express from 'express';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'postgres', version: '1.0.0' });
    server.registerTool('note', { inputSchema: { text: z.string() } }, async ({ text }, extra) => {
        const notes = await sessionState<{ notes: string[] }>(extra).update('notes', (before = []) => [...before, text]);
        return { content: [{ type: 'text', text: `${notes?.length} notes, by process ${process.pid}` }] };
    });
    return server;
}

// POSTGRES_URL names it. The tables are made by `mcp-sessions migrate`: a server never changes the schema by itself.
const backend = await createSessionBackend({ kind: 'postgres' });
const sessions = createSessionHandler(() => buildServer(), { backend });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));

shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
