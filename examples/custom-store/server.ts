import { McpServer } from '@mcp-sessions/sdk/server/mcp.js';
import { createSessionHandler, sessionState, shutdownOnSignals } from '@mcp-sessions/sdk/server';
import express from 'express';
import { Pool } from 'pg';
import { z } from 'zod';
import { PostgresSessionStore } from './postgresSessionStore.js';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'custom-store', version: '1.0.0' });
    server.registerTool('remember', { inputSchema: { word: z.string() } }, async ({ word }, extra) => {
        const words = await sessionState<{ words: string[] }>(extra).update('words', (before = []) => [...before, word]);
        return { content: [{ type: 'text', text: words?.join(' ') ?? '' }] };
    });
    return server;
}

const pool = new Pool({ connectionString: process.env.POSTGRES_URL });
pool.on('error', error => console.error(error.message)); // a connection that is lost while idle
const sessionStore = new PostgresSessionStore(pool);
const sessions = createSessionHandler(() => buildServer(), { backend: { sessionStore } });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));

shutdownOnSignals(sessions, { server, onclose: () => pool.end() });
