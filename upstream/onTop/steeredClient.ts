import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { NodeProcess } from '../../test/support/nodeProcess.js';

/** One request as it was sent, and its answer's status. */
export interface Sent {
    readonly node: NodeProcess;
    /** The method of its JSON-RPC message, `response` for an answer of the client's, or else that of HTTP. */
    readonly rpc: string | undefined;
    readonly body: string | undefined;
    readonly status: number;
}

/** The official client, unchanged. Its requests go to `node`, or what `override` says for some of them. */
export class SteeredClient {
    readonly client = new Client({ name: 'onTop', version: '1.0.0' }, { capabilities: { elicitation: {} } });
    readonly sent: Sent[] = [];
    readonly logged: unknown[] = [];
    /** The other node for some: by the JSON-RPC method, or `response` for an answer of the client. */
    readonly override = new Map<string, NodeProcess>();
    #transport: StreamableHTTPClientTransport | undefined;

    constructor(public node: NodeProcess) {
        this.client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
        this.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void this.logged.push(params.data));
    }

    async connect(): Promise<void> {
        // Where it goes is decided for each request.
        this.#transport = new StreamableHTTPClientTransport(new URL('http://127.0.0.1/mcp'), { fetch: (_, init) => this.#send(init) });
        await this.client.connect(this.#transport);
    }

    get sessionId(): string {
        return this.#transport?.sessionId ?? '';
    }

    /** What a tool says, called on the node given. */
    async call(tool: string, node = this.node, signal?: AbortSignal): Promise<Record<string, unknown>> {
        this.node = node;
        const result = await this.client.callTool({ name: tool }, undefined, signal && { signal });
        const [content] = result.content as { text: string }[];
        return JSON.parse(content?.text ?? '{}') as Record<string, unknown>;
    }

    /** A request of the session's that is not the client's own. */
    async raw(node: NodeProcess, method: string, body?: string): Promise<Response> {
        return fetch(`${node.url}/mcp`, {
            method,
            headers: {
                'content-type': 'application/json',
                accept: 'application/json, text/event-stream',
                'mcp-session-id': this.sessionId
            },
            ...(body !== undefined && { body })
        });
    }

    async close(): Promise<void> {
        await this.client.close();
    }

    async #send(init: RequestInit | undefined): Promise<Response> {
        const body = typeof init?.body === 'string' ? init.body : undefined;
        const rpc = body === undefined ? init?.method : ((JSON.parse(body) as { method?: string }).method ?? 'response');
        const node = this.override.get(rpc ?? '') ?? this.node;
        const response = await fetch(`${node.url}/mcp`, init);
        this.sent.push({ node, rpc, body, status: response.status });
        return response;
    }
}
