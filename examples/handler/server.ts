import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRedisBackend, createSessionHandler, sessionState, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import { Redis } from 'ioredis';
import { z } from 'zod';

// #region state
interface Kept {
    cart: string[];
}

function addCart(server: McpServer): void {
    server.registerTool('add-to-cart', { inputSchema: { item: z.string() } }, async ({ item }, extra) => {
        const cart = await sessionState<Kept>(extra).update('cart', (before = []) => [...before, item]);
        return { content: [{ type: 'text', text: `${cart?.length} in the cart` }] };
    });
}
// #endregion state

// #region notify
function addNews(server: McpServer): void {
    server.server.registerCapabilities({ resources: { subscribe: true } });
    // Who has subscribed to what is in the session's record: the server only has to say yes.
    server.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
    server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
    server.registerResource('news', 'news://today', {}, async uri => ({
        contents: [{ uri: uri.href, text: (await redis.get('shop:news')) ?? '' }]
    }));
    server.registerTool('publish', { inputSchema: { news: z.string() } }, async ({ news }) => {
        await redis.set('shop:news', news);
        await sessions.notify.resourceUpdated('news://today');
        return { content: [{ type: 'text', text: 'published' }] };
    });
}
// #endregion notify

function buildServer(): McpServer {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    addCart(server);
    addNews(server);
    return server;
}

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');

/** Stands for your identity provider: `Bearer ann` is Ann. */
function verify(authorization: unknown) {
    const [, name] = /^Bearer (ann|bob)$/.exec(String(authorization)) ?? [];
    return name === undefined ? null : { token: name, clientId: 'shop-app', scopes: [], extra: { iss: 'https://id.example', sub: name } };
}

// #region admission
const begun = new Map<string | undefined, number>();
setInterval(() => begun.clear(), 60_000).unref();

const sessions = createSessionHandler(() => buildServer(), {
    backend: createRedisBackend({ redis }),
    authenticate: ({ headers }) => verify(headers['authorization']),
    limit: ({ principal, isNew }) => {
        const count = (begun.get(principal) ?? 0) + Number(isNew);
        begun.set(principal, count);
        return count <= 30 || { retryAfterSeconds: 60 };
    }
});
// #endregion admission

// #region endpoints
const server = createServer((req, res) => {
    switch (req.url) {
        case '/mcp':
            return void sessions.node(req, res);
        case '/live':
            return void res.end();
        case '/ready':
            return void res.writeHead(sessions.isReady ? 200 : 503).end();
        case '/health':
            return void sessions.health().then(health => res.end(JSON.stringify(health)));
        default:
            return void res.writeHead(404).end();
    }
});
// #endregion endpoints
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));

// #region shutdown
shutdownOnSignals(sessions, {
    server,
    noticeMs: 5000, // the load balancer asks /ready every 2 s, and gives up after two failures
    graceMs: 20_000,
    onclose: () => redis.quit()
});
// #endregion shutdown
