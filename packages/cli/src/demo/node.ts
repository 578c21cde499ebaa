// A node of the demo: a process that is told its backend by the one that forks it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSessionBackend, type SessionBackendOptions } from '@mcp-sessions/backends';
import { createSessionHandler } from '@mcp-sessions/core';
import { demoServer } from './tools.js';

process.once('message', options => void serve(options as SessionBackendOptions));
// Nobody is left for whom it would serve.
process.once('disconnect', () => process.exit());

async function serve(options: SessionBackendOptions): Promise<void> {
    const backend = await createSessionBackend({ ...options, logger: { warn: () => undefined } });
    const sessions = createSessionHandler(demoServer, { backend, logger: { warn: () => undefined } });
    const server = createServer((req, res) => void sessions.node(req, res));
    server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
