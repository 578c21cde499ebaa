// A node whose clients begin sessions and are never heard of again. It keeps the last ones in memory and lets the others go,
// as a node does that is to live long, and says what is left of them in its heap.
//     node --expose-gc --import ../../../scripts/typescript.mjs --import ../../support/onSources.mjs abandoning.ts

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createMemoryBackend, NodeStreamableHttpTransport, type JSONRPCMessage, type SessionBackend } from '@mcp-sessions/core';
import { openStorage, type Storage } from './stores.js';

/** What the process prints. Bytes are of heap that is in use after everything was collected that could be. */
export interface AbandonedHeap {
    /** Before, when as many had come and gone as make the process warm. */
    readonly before: number;
    /** When all sessions are over. */
    readonly after: number;
    readonly errors: readonly string[];
}

const { KIND = 'memory mode', SESSIONS = '1000', WARM_UP = '2000', TTL_SECONDS = '2' } = process.env;

/** How many sessions the node holds, and how many begin at the same time. */
const HELD = 300;
const LANES = 20;

const version = '2025-11-25';
const past = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

const memory = KIND === 'memory backend' ? createMemoryBackend({ ttlSeconds: Number(TTL_SECONDS) }) : undefined;
const storage: Storage | undefined = KIND === 'memory mode' ? undefined : (memory ?? openStorage());
/** Until what was under way has ended; and in this memory also until all has expired. */
const settledMs = memory ? 1500 * Number(TTL_SECONDS) : 500;
const held: NodeStreamableHttpTransport[] = [];
const errors = new Set<string>();

function openTransport(): NodeStreamableHttpTransport {
    const { sessionStore, eventLog, messageBus } = { ...storage } as Partial<SessionBackend>;
    const transport = new NodeStreamableHttpTransport({
        sessionIdGenerator: () => randomUUID(),
        ...(sessionStore && { sessionStore }),
        ...(eventLog && messageBus && { eventLog, messageBus }),
        // A machine that is busy must not look like a store that is down.
        storeTimeoutMs: 20_000
    });
    transport.onmessage = message => {
        if (!('method' in message && 'id' in message)) return;
        const result = message.method === 'initialize' ? { protocolVersion: version, capabilities: {} } : {};
        // Nobody will answer it.
        if (message.method === 'ask') send(transport, { jsonrpc: '2.0', id: 0, method: 'ping' });
        else send(transport, { jsonrpc: '2.0', id: message.id, result });
    };
    transport.onerror = error => errors.add(error.message);
    return transport;
}

/** What cannot be sent, because its client is gone and there is no log, is refused. */
function send(transport: NodeStreamableHttpTransport, message: JSONRPCMessage): void {
    transport.send(message).catch(() => undefined);
}

/** One request without a connection, which would cost ten times what the transport does. It leaves as soon as it has the head of a stream. */
class Visit extends EventEmitter {
    headersSent = false;
    destroyed = false;
    writableEnded = false;
    readonly writableLength = 0;
    readonly writableNeedDrain = false;
    status = 0;
    headers: Record<string, unknown> = {};
    body = '';

    constructor(private readonly isImpatient = false) {
        super();
    }

    async to(transport: NodeStreamableHttpTransport, method: string, sessionId?: string, body?: JSONRPCMessage): Promise<this> {
        const headers = {
            host: 'localhost',
            accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
            'content-type': 'application/json',
            ...(sessionId && { 'mcp-session-id': sessionId, 'mcp-protocol-version': version })
        };
        const rawHeaders = Object.entries(headers).flat();
        const request = { method, url: '/mcp', httpVersionMajor: 1, headers, rawHeaders, complete: true, readableEnded: true };
        await transport.handleRequest(request as unknown as IncomingMessage, this as unknown as ServerResponse, body);
        return this;
    }

    writeHead(status: number, headers: Record<string, unknown>): this {
        Object.assign(this, { status, headers, headersSent: true });
        if (this.isImpatient) setImmediate(() => this.destroy());
        return this;
    }

    flushHeaders(): void {}

    write(text: string): boolean {
        this.body += text;
        return true;
    }

    end(text = ''): void {
        this.body += text;
        this.writableEnded = true;
        this.destroy();
    }

    destroy(): void {
        if (this.destroyed) return;
        this.destroyed = true;
        this.emit('close');
    }
}

/** All that a client says before it is gone; one in ten goes with a stream open, a call under way and a question unanswered. */
async function abandon(n: number): Promise<void> {
    const transport = openTransport();
    held.push(transport);
    if (held.length > HELD) await held.shift()?.close();
    const post = (method: string, id: number | undefined, sessionId?: string, visit = new Visit()) =>
        visit.to(transport, 'POST', sessionId, { jsonrpc: '2.0', method, ...(id !== undefined && { id }), params: params(method) });
    const begun = await post('initialize', 0);
    const sessionId = String(begun.headers['mcp-session-id']);
    if (begun.status !== 200 || !begun.body.includes(version)) throw new Error(`initialize was answered ${begun.status}`);
    const { status } = await post('notifications/initialized', undefined, sessionId);
    if (status !== 202) throw new Error(`initialized was answered ${status}`);
    const listed = await post('tools/list', 1, sessionId);
    if (!listed.body.includes('"result"')) throw new Error(`A request was answered ${listed.status}`);
    if (n % 10 > 0) return;
    const stream = await new Visit(true).to(transport, 'GET', sessionId);
    const call = await post('ask', 2, sessionId, new Visit(true));
    if (stream.status !== 200 || call.status !== 200) throw new Error(`Streams were answered ${stream.status} and ${call.status}`);
}

function params(method: string): Record<string, unknown> {
    return method === 'initialize' ? { protocolVersion: version, capabilities: {}, clientInfo: { name: 'client', version: '1' } } : {};
}

async function abandonAll(count: number): Promise<void> {
    let next = 0;
    const lane = async () => {
        while (next < count) await abandon(next++);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
}

async function letGo(): Promise<void> {
    await Promise.all(held.splice(0).map(transport => transport.close()));
}

/** The end of what is still under way, and of all that has a time to live; in memory that goes as others come. */
async function settle(): Promise<void> {
    await letGo();
    await past(settledMs);
    await abandonAll(Number(WARM_UP));
    await letGo();
    await past(settledMs);
    if (memory && memory.sessionStore.size > 0) throw new Error('Sessions have outlived their time');
}

async function heap(): Promise<number> {
    for (let round = 0; round < 3; round++) {
        await new Promise(resolve => setImmediate(resolve));
        (globalThis as unknown as { gc: () => void }).gc();
    }
    return process.memoryUsage().heapUsed;
}

await abandonAll(Number(WARM_UP));
await settle();
const before = await heap();
await abandonAll(Number(SESSIONS));
await settle();
const result: AbandonedHeap = { before, after: await heap(), errors: [...errors] };
console.log(JSON.stringify(result));
process.exit(0);
