import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { SessionHandlerOptions } from '@mcp-sessions/core';
import { createSessionHandler } from '@mcp-sessions/sdk/server';
import { afterEach } from 'vitest';
import { z } from 'zod';

/** What must be in nothing that is exported. */
export const canaries = {
    argument: 'canary-argument',
    result: 'canary-result',
    token: 'canary-token',
    failure: 'canary-failure',
    tool: 'canary-tool',
    method: 'canary/method',
    uri: 'canary://uri',
    requestId: 'canary-request-id'
};

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
});

/** A server whose tools show what they are measured by. `forever` never answers, and says when it was aborted. */
export function buildServer(onabort: () => void = () => undefined): McpServer {
    const server = new McpServer({ name: 'measured', version: '1.0.0' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => {
        trace.getTracer('tool').startSpan('sum').end();
        return text(String(a + b));
    });
    server.registerTool('later', {}, async () => {
        await new Promise(resolve => setImmediate(resolve));
        trace.getTracer('tool').startSpan('sum').end();
        return text(canaries.result);
    });
    server.registerTool('echo', { inputSchema: { value: z.string() } }, () => text(canaries.result));
    server.registerTool('fail', { inputSchema: { value: z.string() } }, () => {
        throw new Error(canaries.failure);
    });
    server.registerTool('forever', {}, async ({ signal }) => {
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
        onabort();
        return text('aborted');
    });
    server.registerTool('ask', {}, async ({ sendRequest }) => {
        const answer = await sendRequest(
            { method: 'elicitation/create', params: { message: 'Well?', requestedSchema: { type: 'object', properties: {} } } },
            z.object({ action: z.string() })
        );
        trace.getTracer('tool').startSpan('answered').end();
        return text(answer.action);
    });
    return server;
}

/** Serves HTTP on a port of the system's choice until the test is over. */
export async function serve(listener: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
    const http: Server = createServer(listener);
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
    ends.push(async () => {
        http.closeAllConnections();
        await new Promise(resolve => http.close(resolve));
    });
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}

/** A handler, and where it is. */
export async function startHandler(options: SessionHandlerOptions = {}, onabort?: () => void) {
    const handler = createSessionHandler(() => buildServer(onabort), { onerror: () => undefined, ...options });
    const url = await serve((req, res) => void handler.node(req, res));
    ends.push(() => handler.close());
    return { url, handler };
}

/** The official client, which answers questions. */
export async function connect(url: string, sessionId?: string): Promise<Client> {
    const client = new Client({ name: 'tester', version: '1.0.0' }, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept' as const, content: {} }));
    const transport = new StreamableHTTPClientTransport(new URL(url), {
        ...(sessionId !== undefined && { sessionId }),
        requestInit: { headers: { authorization: `Bearer ${canaries.token}` } }
    });
    await client.connect(transport);
    ends.push(() => client.close());
    return client;
}
