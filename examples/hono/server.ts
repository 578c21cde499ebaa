import { serve } from '@hono/node-server';
import { createSessionBackend, createSessionHandler, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import { Hono } from 'hono';
import { buildServer } from './tools.js';

const backend = await createSessionBackend({ fallback: 'memory' });
const sessions = createSessionHandler(() => buildServer(), { backend });

// #region mount
const app = new Hono();
app.all('/mcp', c => sessions.fetch(c.req.raw));

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000) }, ({ port }) =>
    console.log(`http://127.0.0.1:${port}/mcp`)
);
shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
// #endregion mount
