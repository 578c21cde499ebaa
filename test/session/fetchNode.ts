import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { z } from 'zod';
import {
    WebStandardStreamableHTTPServerTransport,
    type WebStandardStreamableHTTPServerTransportOptions as Options
} from '../../packages/sdk/src/server/webStandardStreamableHttp.js';

export type NodeOptions = Options & {
    /** Adds tools to each server. */
    furnish?: (server: McpServer) => void;
};
type Transport = WebStandardStreamableHTTPServerTransport;

/** One node of a cluster without its sockets: a transport and a server per session, as an application keeps them. */
export class FetchNode {
    readonly transports = new Map<string, Promise<Transport>>();
    readonly errors: Error[] = [];
    /** Servers that this node has built. */
    built = 0;
    /** What the servers were told, in order: `initialized`, `subscribe x`, `unsubscribe x`. */
    readonly told: string[] = [];

    constructor(
        readonly name: string,
        private readonly options: NodeOptions
    ) {}

    async fetch(request: Request, authInfo?: AuthInfo): Promise<Response> {
        const claimed = request.headers.get('mcp-session-id');
        const begins = request.method === 'POST' && isInitialize(await request.clone().text());
        const started = (claimed && !begins && this.transports.get(claimed)) || this.start(begins ? null : claimed);
        const transport = await started;
        const response = await transport.handleRequest(request, authInfo ? { authInfo } : {});
        if (claimed && transport.isVacant && this.transports.get(claimed) === started) {
            this.transports.delete(claimed);
        }
        return response;
    }

    /** The transport that holds a session here. */
    transport(sessionId: string): Promise<Transport> | undefined {
        return this.transports.get(sessionId);
    }

    /** A new transport with a server of its own; for a session that the request claims, or for a new one. */
    start(claimed: string | null): Promise<Transport> {
        const { onsessioninitialized, onsessionrestored, furnish, ...options } = this.options;
        const transport = new WebStandardStreamableHTTPServerTransport({
            sessionIdGenerator: () => randomUUID(),
            ...options,
            onsessioninitialized: async id => {
                await onsessioninitialized?.(id);
                this.transports.set(id, started);
            },
            onsessionrestored: async id => {
                this.transports.set(id, started);
                await onsessionrestored?.(id);
            }
        });
        transport.onerror = error => this.errors.push(error);
        transport.onclose = () => {
            if (transport.sessionId) {
                this.transports.delete(transport.sessionId);
            }
        };
        const started = this.buildServer(furnish)
            .connect(transport)
            .then(() => transport);
        if (claimed) {
            this.transports.set(claimed, started);
        }
        return started;
    }

    private buildServer(furnish: NodeOptions['furnish']): McpServer {
        this.built++;
        const server = new McpServer(
            { name: this.name, version: '1.0.0' },
            { capabilities: { logging: {}, resources: { subscribe: true }, tools: {} } }
        );
        server.server.oninitialized = () => this.told.push('initialized');
        server.registerTool('whoami', { inputSchema: { note: z.string().optional() } }, async ({ note }, extra) => {
            await server.sendLoggingMessage({ level: 'info', data: 'info' }, extra.sessionId);
            const known = {
                node: this.name,
                client: server.server.getClientVersion(),
                capabilities: server.server.getClientCapabilities()
            };
            return { content: [{ type: 'text', text: JSON.stringify({ ...known, note, sessionId: extra.sessionId }) }] };
        });
        server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
            this.told.push(`subscribe ${params.uri}`);
            return {};
        });
        server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
            this.told.push(`unsubscribe ${params.uri}`);
            return {};
        });
        furnish?.(server);
        return server;
    }
}

function isInitialize(body: string): boolean {
    return body.includes('"method":"initialize"');
}

export const clientInfo = { name: 'test-client', version: '7.0.0' };
export const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

let nextId = 1;

/** A POST with one request, as a client of 2025-11-25 sends it. */
export function call(sessionId: string | undefined, method: string, params: object = {}, headers: Record<string, string> = {}): Request {
    return post(sessionId, { jsonrpc: '2.0', id: nextId++, method, params }, headers);
}

export function notify(sessionId: string, method: string, params: object = {}): Request {
    return post(sessionId, { jsonrpc: '2.0', method, params });
}

export function initialize(sessionId?: string, protocolVersion = '2025-11-25'): Request {
    return call(sessionId, 'initialize', { protocolVersion, capabilities, clientInfo });
}

export function post(sessionId: string | undefined, body: unknown, headers: Record<string, string> = {}): Request {
    return new Request('http://localhost/mcp', {
        method: 'POST',
        headers: {
            accept: 'application/json, text/event-stream',
            'content-type': 'application/json',
            ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
            ...headers
        },
        body: JSON.stringify(body)
    });
}

export function bare(method: 'GET' | 'DELETE', sessionId: string | undefined, headers: Record<string, string> = {}): Request {
    return new Request('http://localhost/mcp', {
        method,
        headers: {
            ...(method === 'GET' && { accept: 'text/event-stream' }),
            ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
            ...headers
        }
    });
}

/** What a tool said, from the event stream or the JSON of its answer. */
export async function toolText(response: Response): Promise<Record<string, unknown>> {
    const message = (await messages(response)).at(-1) as { result: { content: { text: string }[] } };
    return JSON.parse(message.result.content[0]?.text as string) as Record<string, unknown>;
}

/** The messages of an answer that ends. */
export async function messages(response: Response): Promise<unknown[]> {
    const text = await response.text();
    if (response.headers.get('content-type') !== 'text/event-stream') {
        return [JSON.parse(text) as unknown];
    }
    return text
        .split('\n\n')
        .map(event => /^data: (.+)$/m.exec(event)?.[1])
        .filter(data => data !== undefined)
        .map(data => JSON.parse(data) as unknown);
}
