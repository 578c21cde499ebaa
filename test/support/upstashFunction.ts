// A serverless function of the tests: a node that keeps everything in Upstash, in a process that is killed or frozen at will.

import type { AddressInfo } from 'node:net';
import { createUpstashBackend } from '@mcp-sessions/upstash';
import { Redis } from '@upstash/redis';
import { openApp } from '../cluster/support/app.js';

const { NODE_NAME = '', KEY_PREFIX = 'mcp:session:' } = process.env;

// #region backend
const backend = createUpstashBackend({ redis: Redis.fromEnv(), keyPrefix: KEY_PREFIX, ttlSeconds: 3600, logger: console });
// #endregion backend
const { http } = openApp({
    nodeName: NODE_NAME,
    store: backend.sessionStore,
    eventLog: backend.eventLog,
    messageBus: backend.messageBus
});
http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));
