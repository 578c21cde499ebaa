import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionBackend, createSessionHandler, sessionState, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import express from 'express';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'continue-session', version: '1.0.0' });
    server.registerTool('remember', { inputSchema: { word: z.string() } }, async ({ word }, extra) => {
        const words = await sessionState<{ words: string[] }>(extra).update('words', (before = []) => [...before, word]);
        return { content: [{ type: 'text', text: words?.join(' ') ?? '' }] };
    });
    return server;
}

const backend = await createSessionBackend();
const sessions = createSessionHandler(() => buildServer(), { backend });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));

shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
