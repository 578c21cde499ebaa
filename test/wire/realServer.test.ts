import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Answer } from './support/answer.js';
import type { Endpoint } from './support/endpoint.js';
import { session } from './support/endpoint.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { shells, type Options } from './support/implementations.js';
import { initialize, notification, request } from './support/messages.js';
import { expectSame } from './support/sideBySide.js';

/** The SDK's own server on the endpoint's transport. */
async function connectServer(endpoint: Endpoint): Promise<McpServer> {
    const server = new McpServer({ name: 'server', version: '1' }, { capabilities: { logging: {} } });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: `${a + b}` }]
    }));
    server.registerTool('count', {}, async ({ _meta, sendNotification, closeSSEStream }) => {
        for (const progress of [1, 2]) {
            const params = { progressToken: _meta?.progressToken ?? 'none', progress };
            await sendNotification({ method: 'notifications/progress', params });
        }
        closeSSEStream?.();
        return { content: [{ type: 'text', text: 'counted' }] };
    });
    server.registerTool('ask', {}, async () => {
        const { roots } = await server.server.listRoots();
        return { content: [{ type: 'text', text: JSON.stringify(roots) }] };
    });
    server.registerTool('who', {}, ({ authInfo, requestInfo, sessionId }) => ({
        content: [{ type: 'text', text: JSON.stringify({ authInfo, accept: requestInfo?.headers['accept'], sessionId }) }]
    }));
    server.registerTool('fail', {}, () => Promise.reject(new Error('failed')));
    server.registerResource('r', 'r://1', {}, uri => ({ contents: [{ uri: uri.href, text: 'text' }] }));
    endpoint.serve = () => undefined;
    await server.connect(endpoint.transport);
    return server;
}

const call = (id: number, name: string, args?: object): Record<string, unknown> =>
    request(id, 'tools/call', { name, ...(args && { arguments: args }), _meta: { progressToken: id } });

async function script(endpoint: Endpoint, version: string): Promise<unknown> {
    const server = await connectServer(endpoint);
    const transcript: unknown[] = [];
    const note = async (answer: Answer): Promise<void> => void transcript.push([answer.status, await answer.end()]);
    await note(await endpoint.post(initialize(version)));
    const of = { 'mcp-session-id': 'session-1', 'mcp-protocol-version': version };
    await note(await endpoint.post(notification(), of));
    const stream = await endpoint.get(of);
    for (const message of [
        request(1, 'ping'),
        request(2, 'tools/list'),
        call(3, 'add', { a: 1, b: 2 }),
        call(4, 'add', { a: 'x' }),
        call(5, 'fail'),
        call(6, 'nothing'),
        request(7, 'nothing'),
        request(8, 'resources/read', { uri: 'r://1' }),
        request(9, 'logging/setLevel', { level: 'warning' }),
        call(10, 'count'),
        call(11, 'who'),
        notification('notifications/roots/list_changed'),
        { jsonrpc: '2.0', id: 77, result: {} }
    ]) {
        await note(await endpoint.post(message, of));
    }
    await server.sendLoggingMessage({ level: 'info', data: 'not wanted' }, 'session-1');
    await server.sendLoggingMessage({ level: 'error', data: 'wanted' }, 'session-1');
    server.sendToolListChanged();
    await stream.until(text => text.includes('tools/list_changed'));
    const asking = endpoint.post(call(12, 'ask'), of);
    const asked = await stream.until(text => text.includes('roots/list'));
    const question = /data: (.*roots\/list.*)/.exec(asked)?.[1] ?? '';
    const { id } = JSON.parse(question) as JSONRPCMessage & { id: number };
    await note(await endpoint.post({ jsonrpc: '2.0', id, result: { roots: [{ uri: 'file:///x' }] } }, of));
    await note(await asking);
    const cut = /id: (e\d+)\ndata: .*"progress":1[,}]/.exec(transcript.join())?.[1];
    const resumed = cut === undefined ? undefined : await endpoint.get({ ...of, 'last-event-id': cut });
    await resumed?.until(text => text.includes('counted'));
    await server.close();
    transcript.push(await stream.end(), resumed && [resumed.status, await resumed.end()]);
    return { transcript, errors: endpoint.errors, closes: endpoint.closes };
}

describe.each(shells)("the SDK's server on both, on %s", shell => {
    it.each([
        ['SSE', '2025-06-18', {}],
        ['JSON', '2025-06-18', { enableJsonResponse: true }],
        ['SSE and an event store', '2025-11-25', { retryInterval: 1 }]
    ])('D2: says the same with %s', async (_, version, options: Options) => {
        const withStore = (): Options => (version === '2025-11-25' ? { eventStore: new GatedEventStore() } : {});
        await expectSame(
            shell,
            () => ({ ...session, ...options, ...withStore() }),
            async endpoint => {
                const { transcript, ...others } = (await script(endpoint, version)) as { transcript: unknown[] };
                expect(JSON.stringify(transcript)).toContain('counted');
                return { transcript, ...others };
            }
        );
    });
});
