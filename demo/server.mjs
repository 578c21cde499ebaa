// A node of the demo. All that it takes is here.

import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { createRedisBackend, createSessionHandler } from '@modelcontextprotocol/sdk/server';
import { Redis } from 'ioredis';
import { buildServer } from './tools.mjs';

const backend = createRedisBackend({ redis: new Redis(process.env.REDIS_URL), keyPrefix: 'mcp:demo:', ttlSeconds: 600 });
const sessions = createSessionHandler(() => buildServer(), { backend });

const app = createMcpExpressApp();
app.all('/mcp', sessions.node);

const listener = app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(JSON.stringify(listener.address())));
process.on('SIGTERM', () => process.exit());
