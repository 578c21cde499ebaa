import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { shutdownOnSignals, type ChosenBackend, type SessionHandler } from '@modelcontextprotocol/sdk/server';
import { BACKEND, McpModule, SESSIONS } from './mcp.js';

const app = await NestFactory.create<NestExpressApplication<Server>>(McpModule, { logger: ['error', 'warn'] });
app.useBodyParser('json', { limit: '4mb' });
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
console.log(`${await app.getUrl()}/mcp`);

// In place of `app.enableShutdownHooks()`: `app.close()` runs the same hooks, after the calls have finished.
shutdownOnSignals(app.get<SessionHandler>(SESSIONS), {
    server: app.getHttpServer(),
    onclose: async () => {
        await app.close();
        await app.get<ChosenBackend>(BACKEND).close();
    }
});
