import { randomUUID } from 'node:crypto';
import { InMemorySessionStore, sessionState } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { FetchNode, type NodeOptions } from '../session/fetchNode.js';

const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const send = (node: FetchNode, body: object, id?: string) =>
    node.fetch(
        new Request('http://localhost/mcp', {
            method: 'POST',
            headers: { ...headers, ...(id && { 'mcp-session-id': id }) },
            body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body })
        })
    );

const counting: Pick<NodeOptions, 'furnish'> = {
    furnish: server =>
        server.registerTool('count', {}, async extra => {
            const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => before + 1);
            return { content: [{ type: 'text', text: `count ${count}` }] };
        })
};

it.each([
    ['in memory mode', {}],
    ['with a store', { sessionStore: new InMemorySessionStore() }]
])('S14: plain transports have it, too, %s', async (_mode, options) => {
    const node = new FetchNode('A', { ...counting, ...options, sessionIdGenerator: () => randomUUID() });
    const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const begun = await send(node, { method: 'initialize', params: initialize });
    const id = begun.headers.get('mcp-session-id') ?? '';
    await begun.text();
    for (const count of [1, 2, 3]) {
        expect(await (await send(node, { method: 'tools/call', params: { name: 'count', arguments: {} } }, id)).text()).toContain(
            `count ${count}`
        );
    }
});

it('says what is wrong where there is no session', () => {
    expect(() => sessionState({})).toThrow('sessionState needs');
    expect(() => sessionState({ requestInfo: { headers: {} } })).toThrow('sessionState needs');
});
