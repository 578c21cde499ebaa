import { createSessionBackend, createSessionHandler, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import { fastify } from 'fastify';
import { buildServer } from './tools.js';

const backend = await createSessionBackend({ fallback: 'memory' });
const sessions = createSessionHandler(() => buildServer(), { backend });

// #region mount
const app = fastify({ bodyLimit: 4 * 1024 * 1024 });
app.all('/mcp', async (request, reply) => {
    reply.hijack(); // the handler answers, and Fastify sends nothing of its own
    await sessions.node(request.raw, reply.raw, request.body);
});

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) });
console.log(`${address}/mcp`);

shutdownOnSignals(sessions, {
    server: app.server,
    onclose: async () => {
        await app.close();
        await backend.close();
    }
});
// #endregion mount
