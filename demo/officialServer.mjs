// The same node on the official SDK, as its users write it: a transport per session, in a map.

import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { buildServer } from './tools.mjs';

const transports = new Map();

const app = createMcpExpressApp();
app.all('/mcp', async (req, res) => {
    let transport = transports.get(req.headers['mcp-session-id']);
    if (!transport) {
        transport = new StreamableHTTPServerTransport({
            sessionIdGenerator: () => randomUUID(),
            onsessioninitialized: id => void transports.set(id, transport)
        });
        transport.onclose = () => transports.delete(transport.sessionId);
        await buildServer().connect(transport);
    }
    await transport.handleRequest(req, res, req.body);
});

const listener = app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(JSON.stringify(listener.address())));
process.on('SIGTERM', () => process.exit());
