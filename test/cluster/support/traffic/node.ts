// One node of the tests in which a server fails, in a process of its own; the environment says which server.

import type { AddressInfo } from 'node:net';
import { openApp } from '../app.js';
import { openStorage } from './storage.js';

const { NODE_NAME = '', PORT, REVALIDATE_MS = '0', STORE_TIMEOUT_MS } = process.env;

const { sessionStore, eventLog, messageBus } = await openStorage();
const { http } = openApp({
    nodeName: NODE_NAME,
    store: sessionStore,
    eventLog,
    messageBus,
    revalidateMs: Number(REVALIDATE_MS),
    transportOptions: STORE_TIMEOUT_MS ? { storeTimeoutMs: Number(STORE_TIMEOUT_MS) } : {}
});
http.listen(Number(PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));
