// Serves one session with one call, and prints what the call came to and whether the process measures.
//     node --import ../../../scripts/typescript.mjs --import ../../support/onSources.mjs oneCall.ts [off]

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { isInstrumented } from '@mcp-sessions/core';
import { createSessionHandler } from '@mcp-sessions/sdk/server';

const sessions = createSessionHandler(
    () => {
        const server = new McpServer({ name: 'plain', version: '1.0.0' });
        server.registerTool('one', {}, () => ({ content: [{ type: 'text', text: 'one' }] }));
        return server;
    },
    { enableJsonResponse: true, ...(process.argv[2] === 'off' && { telemetry: false as const }) }
);

async function post(method: string, params: object, sessionId?: string) {
    return sessions.fetch(
        new Request('http://localhost/mcp', {
            method: 'POST',
            headers: {
                'content-type': 'application/json',
                accept: 'application/json, text/event-stream',
                ...(sessionId !== undefined && { 'mcp-session-id': sessionId })
            },
            body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
        })
    );
}

const clientInfo = { name: 'tester', version: '1.0.0' };
const began = await post('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
const call = await post('tools/call', { name: 'one' }, began.headers.get('mcp-session-id') ?? '');
const { result } = (await call.json()) as { result: { content: { text: string }[] } };
// The handler's own import of it, which began before, has then come to its end as well.
await import('@opentelemetry/api').catch(() => undefined);
await new Promise(resolve => setImmediate(resolve));
await sessions.close();
console.log(JSON.stringify({ text: result.content[0]?.text, isInstrumented: isInstrumented() }));
