// One node of a cluster that is watched, in a process of its own and on the sources; the environment says where its sessions are.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSessionBackend } from '@mcp-sessions/backends';
import { createSessionHandler, shutdownOnSignals } from '@mcp-sessions/sdk/server';
import { Happenings } from '../../cluster/support/happenings.js';
import { buildServer } from '../../cluster/support/server.js';
import { openStorage } from '../../cluster/support/stores.js';

const { NODE_NAME = '', PORT, WATCHABLE, GRACE_MS = '2000', HISTORY, KEY_PREFIX = '' } = process.env;

const handler = createSessionHandler(() => buildServer(NODE_NAME, new Happenings()), {
    backend: HISTORY === '1' ? await createSessionBackend({ kind: 'redis', keyPrefix: KEY_PREFIX, history: {} }) : openStorage(),
    nodeName: NODE_NAME,
    ...(WATCHABLE === 'always' && { watchable: 'always' }),
    revalidateMs: 60_000,
    logger: { warn: () => undefined }
});
const http = createServer((req, res) => void handler.node(req, res));
// A client that keeps its connections must not find one closed just when it uses it.
http.keepAliveTimeout = 0;
http.listen(Number(PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));
shutdownOnSignals(handler, { server: http, graceMs: Number(GRACE_MS) });
