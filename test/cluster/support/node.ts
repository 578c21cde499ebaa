// One node of the cluster tests, in a process of its own; the environment says how it is set up.

import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { shutdownOnSignals } from '@mcp-sessions/sdk/server';
import { openApp } from './app.js';
import { SentRecorder } from './sentRecorder.js';
import { openStorage } from './stores.js';

const { NODE_NAME = '', PORT, SESSION_ID, REVALIDATE_MS, EVENT_STORE, ALLOWED_HOSTS, DEBUG_LOG } = process.env;
const { STANDALONE, KEEP_ALIVE_MS, RETRY_MS, STORE_TIMEOUT_MS, JSON_RESPONSE, RECORD_FILE, MAX_BUFFERED_BYTES, GRACE_MS } = process.env;

const { sessionStore, eventLog, messageBus, sessionLock } = openStorage();
const { http, closeTransports, handler } = openApp({
    nodeName: NODE_NAME,
    store: sessionStore,
    ...(eventLog && messageBus && { eventLog, messageBus }),
    ...(sessionLock && { sessionLock }),
    isResumable: EVENT_STORE === '1',
    transportOptions: {
        enableJsonResponse: JSON_RESPONSE === '1',
        ...(STANDALONE === 'reject' && { standaloneStream: 'reject' }),
        ...(KEEP_ALIVE_MS && { keepAliveMs: Number(KEEP_ALIVE_MS) }),
        ...(STORE_TIMEOUT_MS && { storeTimeoutMs: Number(STORE_TIMEOUT_MS) }),
        ...(MAX_BUFFERED_BYTES && { maxBufferedBytes: Number(MAX_BUFFERED_BYTES) }),
        ...(RETRY_MS && { retryInterval: Number(RETRY_MS) })
    },
    ...(RECORD_FILE && { recorder: new SentRecorder(RECORD_FILE, NODE_NAME) }),
    ...(SESSION_ID && { sessionIdGenerator: () => SESSION_ID }),
    ...(REVALIDATE_MS && { revalidateMs: Number(REVALIDATE_MS) }),
    ...(ALLOWED_HOSTS && { allowedHosts: ALLOWED_HOSTS.split(',') }),
    // All of an error, as a logger that writes JSON would print it.
    ...(DEBUG_LOG && { onerror: (error: Error) => console.error('transport', inspect(error, { depth: null })) })
});
// Longer than any client of the tests leaves a connection alone: who sends on one as it is closed gets a reset.
http.keepAliveTimeout = 60_000;
http.listen(Number(PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));

if (GRACE_MS && handler) {
    shutdownOnSignals(handler, { server: http, graceMs: Number(GRACE_MS) });
} else {
    process.once('SIGTERM', () => void closeTransports().finally(() => process.exit(0)));
}
