import { randomUUID } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { isSessionError } from '@mcp-sessions/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StreamableHTTPServerTransport } from '../../packages/sdk/src/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '../../packages/sdk/src/server/webStandardStreamableHttp.js';
import { bare, initialize } from '../session/fetchNode.js';

const megabyte = 1024 * 1024;
const notification = { jsonrpc: '2.0' as const, method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(64 * 1024) } };
const initializeBody = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } }
});

describe('a reader that does not read', () => {
    const cleanups: (() => void)[] = [];
    afterEach(() => cleanups.splice(0).forEach(cleanup => cleanup()));

    it('L9: costs a bounded buffer on node:http, then its connection', async () => {
        const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), maxBufferedBytes: megabyte });
        const errors: Error[] = [];
        transport.onerror = error => errors.push(error);
        transport.onmessage = message => {
            if ('id' in message && 'method' in message) {
                void transport.send({ jsonrpc: '2.0', id: message.id, result: { protocolVersion: '2025-11-25' } });
            }
        };
        let response: ServerResponse | undefined;
        const server = await listening(
            createServer((req, res) => {
                response = res;
                void transport.handleRequest(req, res);
            })
        );
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        const opened = await fetch(url, {
            method: 'POST',
            headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
            body: initializeBody
        });
        await opened.text();
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
        socket.write(
            `GET / HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\nmcp-session-id: ${opened.headers.get('mcp-session-id')}\r\n\r\n`
        );
        await new Promise(resolve => socket.once('data', resolve));
        socket.pause();
        const stalled = response as ServerResponse;
        let mostBuffered = 0;
        // Far more than the kernel's buffers on both sides take.
        for (let sent = 0; sent < 1000 && !stalled.destroyed; sent++) {
            await transport.send(notification);
            mostBuffered = Math.max(mostBuffered, stalled.writableLength);
            await new Promise(resolve => setImmediate(resolve));
        }
        expect(stalled.destroyed).toBe(true);
        expect(mostBuffered).toBeGreaterThan(megabyte);
        expect(mostBuffered).toBeLessThan(megabyte + 3 * notification.params.data.length);
        expect(errors.filter(isSessionError).map(error => error.code)).toEqual(['BUFFER_FULL']);
        socket.resume();
        await closed(socket);
        // The session lives, and so does its next stream.
        const again = await fetch(url, {
            headers: { accept: 'text/event-stream', 'mcp-session-id': opened.headers.get('mcp-session-id')! }
        });
        expect(again.status).toBe(200);
        await again.body?.cancel();
    });

    it('L9: costs a bounded buffer on the fetch API, then its stream', async () => {
        const transport = new WebStandardStreamableHTTPServerTransport({
            sessionIdGenerator: () => randomUUID(),
            maxBufferedBytes: megabyte
        });
        const onerror = vi.fn();
        transport.onerror = onerror;
        transport.onmessage = message => {
            if ('id' in message && 'method' in message) {
                void transport.send({ jsonrpc: '2.0', id: message.id, result: { protocolVersion: '2025-11-25' } });
            }
        };
        const opened = await transport.handleRequest(initialize());
        await opened.text();
        const sessionId = opened.headers.get('mcp-session-id') as string;
        const stream = await transport.handleRequest(bare('GET', sessionId));
        for (let sent = 0; sent < 40; sent++) {
            await transport.send(notification);
        }
        expect(onerror.mock.calls.map(([error]) => isSessionError(error) && error.code)).toEqual(['BUFFER_FULL']);
        await expect(stream.text()).rejects.toThrow();
        expect((await transport.handleRequest(bare('GET', sessionId))).status).toBe(200);
    });

    async function listening(server: Server): Promise<Server> {
        cleanups.push(() => {
            server.closeAllConnections();
            server.close();
        });
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
        return server;
    }

    function closed(socket: Socket): Promise<void> {
        return new Promise(resolve => {
            socket.on('error', () => undefined);
            socket.once('close', () => resolve());
        });
    }
});
