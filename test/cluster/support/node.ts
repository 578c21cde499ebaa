// One node of the cluster tests, in a process of its own; the environment says how it is set up.

import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { openApp } from './app.js';
import { openStore } from './stores.js';

const { NODE_NAME = '', PORT, SESSION_ID, REVALIDATE_MS, EVENT_STORE, ALLOWED_HOSTS, DEBUG_LOG } = process.env;

const { http, closeTransports } = openApp({
    nodeName: NODE_NAME,
    store: openStore(),
    isResumable: EVENT_STORE === '1',
    ...(SESSION_ID && { sessionIdGenerator: () => SESSION_ID }),
    ...(REVALIDATE_MS && { revalidateMs: Number(REVALIDATE_MS) }),
    ...(ALLOWED_HOSTS && { allowedHosts: ALLOWED_HOSTS.split(',') }),
    // All of an error, as a logger that writes JSON would print it.
    ...(DEBUG_LOG && { onerror: (error: Error) => console.error('transport', inspect(error, { depth: null })) })
});
http.listen(Number(PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));

process.once('SIGTERM', () => void closeTransports().finally(() => process.exit(0)));
