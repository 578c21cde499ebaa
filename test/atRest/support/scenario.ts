import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitRequestSchema, ElicitResultSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'vitest';
import { z } from 'zod';
import type { FetchNode } from '../../session/fetchNode.js';

/** What a session holds and carries, in words that stand nowhere else. */
export const words = {
    clientName: 'client-Amaryllis',
    argument: 'argument-Begonia',
    result: 'result-Camellia',
    question: 'question-Dahlia',
    answer: 'answer-Edelweiss',
    uri: 'test://resource/Freesia',
    principal: 'principal-Gardenia',
    log: 'log-Hyacinth',
    reason: 'reason-Iris',
    level: 'critical'
};

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** Where nodes poll, they hear of each other a little later. */
const patience = { timeout: 10_000 };

/** Tools by which each of the words is said, and the client that has them said. */
export class Scenario {
    private readonly calls = { hanging: 0, aborted: 0 };

    readonly furnish = (server: McpServer): void => {
        server.registerTool('work', { inputSchema: { word: z.string() } }, async ({ word }, extra) => {
            const { content } = await extra.sendRequest(
                { method: 'elicitation/create', params: { message: words.question, requestedSchema: { type: 'object', properties: {} } } },
                ElicitResultSchema
            );
            return text(`${words.result} of ${word} and ${String(content?.['word'])}`);
        });
        server.registerTool('tell', {}, async () => {
            await server.server.notification({ method: 'notifications/message', params: { level: 'critical', data: words.log } });
            return text('told');
        });
        server.registerTool('hang', {}, async ({ signal }) => {
            this.calls.hanging++;
            await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
            this.calls.aborted++;
            return text('never');
        });
    };

    /** Says every word, on one node and on another. The results of the calls. */
    async play({ client, call }: Awaited<ReturnType<typeof openSession>>): Promise<string[]> {
        await client.setLoggingLevel(words.level as 'critical');
        await client.subscribeResource({ uri: words.uri });
        const results: string[] = [];
        for (let i = 0; i < 4; i++) {
            results.push(String(await call('work', { word: words.argument })));
            await call('tell');
        }
        const cancelled = new AbortController();
        const hanging = call('hang', {}, cancelled.signal).catch(() => undefined);
        await expect.poll(() => this.calls.hanging, patience).toBe(1);
        cancelled.abort(words.reason);
        await hanging;
        await expect.poll(() => this.calls.aborted, patience).toBe(1);
        return results;
    }
}

/** A client of the nodes, whose requests go to one after the other. */
export async function openSession(nodes: readonly FetchNode[]) {
    let requests = 0;
    const authInfo = { token: 'token', clientId: words.principal, scopes: [] };
    const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
        fetch: (url, init) => nodes[requests++ % nodes.length]!.fetch(new Request(url, init), authInfo)
    });
    const client = new Client({ name: words.clientName, version: '1.0.0' }, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { word: words.answer } }));
    const logged: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logged.push(params.data));
    await client.connect(transport);
    return {
        sessionId: transport.sessionId ?? '',
        logged,
        call: async (name: string, args: Record<string, unknown> = {}, signal?: AbortSignal) => {
            const { content } = await client.callTool({ name, arguments: args }, undefined, signal && { signal });
            return (content as { text: string }[])[0]?.text;
        },
        client,
        close: () => client.close()
    };
}
