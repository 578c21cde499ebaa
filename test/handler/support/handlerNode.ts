import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { SessionContext, SessionHandler, SessionHandlerOptions } from '@mcp-sessions/core';
import { sessionState } from '@mcp-sessions/core';
import { createSessionHandler } from '@mcp-sessions/sdk/server';
import { z } from 'zod';

const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: String(value) }] });

/** A node with the handler on `node:http`. */
export class HandlerNode {
    readonly contexts: SessionContext[] = [];
    readonly errors: Error[] = [];
    readonly servers: McpServer[] = [];
    readonly handler: SessionHandler;
    private readonly gates = new Map<string, () => void>();

    private constructor(
        readonly http: Server,
        options: SessionHandlerOptions,
        prepare: () => Promise<void>
    ) {
        this.handler = createSessionHandler(
            async context => {
                this.contexts.push(context);
                await prepare();
                const server = this.build();
                this.servers.push(server);
                return server;
            },
            { onerror: error => this.errors.push(error), logger: { warn: () => undefined }, ...options }
        );
        http.on('request', (req, res) => void this.handler.node(req, res));
    }

    /** @param prepare what the factory waits for before it makes a server. */
    static async start(options: SessionHandlerOptions = {}, prepare = () => Promise.resolve()): Promise<HandlerNode> {
        const node = new HandlerNode(createServer(), options, prepare);
        await new Promise<void>(resolve => node.http.listen(0, '127.0.0.1', resolve));
        return node;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/mcp`;
    }

    /** Lets the tool `wait` of this name go on. */
    go(name: string): void {
        this.gates.get(name)?.();
    }

    waits(name: string): boolean {
        return this.gates.has(name);
    }

    async stop(): Promise<void> {
        await this.handler.close();
        this.http.closeAllConnections();
        await new Promise(resolve => this.http.close(resolve));
    }

    private build(): McpServer {
        const server = new McpServer(
            { name: 'handled', version: '1.0.0' },
            { capabilities: { logging: {}, resources: { subscribe: true } } }
        );
        server.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
        server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
        server.registerTool('echo', { inputSchema: { value: z.string() } }, ({ value }) => text(value));
        server.registerTool('client', {}, () => text(server.server.getClientVersion()?.name));
        server.registerTool('wait', { inputSchema: { name: z.string() } }, async ({ name }) => {
            await new Promise<void>(resolve => this.gates.set(name, resolve));
            return text(`${name} is over`);
        });
        server.registerTool('ask', {}, async extra => {
            const answer = await extra.sendRequest(
                { method: 'elicitation/create', params: { message: 'Well?', requestedSchema: { type: 'object', properties: {} } } },
                z.object({ action: z.string() })
            );
            return text(answer.action);
        });
        server.registerTool('count', {}, async extra => {
            const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => before + 1);
            return text(count);
        });
        server.registerTool('slow-count', {}, async extra => {
            const state = sessionState<{ count: number }>(extra);
            const count = await state.withLock(async () => {
                const next = ((await state.get('count')) ?? 0) + 1;
                await new Promise(resolve => setTimeout(resolve, 10));
                await state.set('count', next);
                return next;
            });
            return text(count);
        });
        server.registerTool('fail', {}, async extra => {
            await sessionState<{ count: number }>(extra).update('count', () => {
                throw new Error('not today');
            });
            return text('never');
        });
        server.registerTool('read', { inputSchema: { key: z.string() } }, async ({ key }, extra) =>
            text(JSON.stringify(await sessionState(extra).get(key)))
        );
        server.registerTool('write', { inputSchema: { key: z.string(), value: z.any().optional() } }, async ({ key, value }, extra) => {
            await sessionState(extra).set(key, value);
            return text('written');
        });
        return server;
    }
}
