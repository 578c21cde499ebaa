import { createServer } from 'node:http';
import { createSessionBackend, createSessionHandler, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { FastMCP } from 'fastmcp';
import { z } from 'zod';

const mcp = new FastMCP({
    name: 'fastmcp',
    version: '1.0.0',
    roots: { enabled: false } // else each node asks the client for its roots when a session comes to it
});
mcp.addTool({
    name: 'add',
    description: 'Adds two numbers',
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }, { log }) => {
        log.info(`asked for ${a} + ${b}`);
        return String(a + b);
    }
});

// #region mount
/** What the handler asks of a server. FastMCP makes a server of its own for each transport that it is given. */
function serverOf(framework: FastMCP) {
    return {
        async connect(transport: Transport) {
            // It resolves when the client has said hello, which this transport is to carry.
            framework.connect(transport).catch((error: unknown) => console.error(error));
        }
    };
}

const backend = await createSessionBackend({ fallback: 'memory' });
const sessions = createSessionHandler(() => serverOf(mcp), { backend });
const server = createServer((req, res) => void sessions.node(req, res));
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));

shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
// #endregion mount
