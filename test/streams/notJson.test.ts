import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createMemoryBackend } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { call, FetchNode, initialize } from '../session/fetchNode.js';

it('F1: a result that is no JSON is the fault of its tool, and not an outage of the store', async () => {
    const outages: unknown[] = [];
    const listener = (event: unknown): void => void outages.push(event);
    subscribe('mcp-sessions:store-down', listener);
    const backend = createMemoryBackend();
    try {
        const node = new FetchNode('A', {
            ...backend,
            furnish: server =>
                server.registerTool('count', {}, async extra => {
                    await extra
                        .sendNotification({ method: 'notifications/message', params: { level: 'info', data: 7n } })
                        .catch(() => undefined);
                    return { content: [{ type: 'text', text: 'counted' }], _meta: { count: 7n } };
                })
        });
        const opened = await node.fetch(initialize());
        await opened.text();
        const sessionId = opened.headers.get('mcp-session-id') ?? '';
        expect(await (await node.fetch(call(sessionId, 'tools/call', { name: 'count', arguments: {} }))).text()).not.toContain('counted');
        expect(node.errors.map(({ message }) => message)).toEqual(expect.arrayContaining([expect.stringContaining('BigInt')]));
        expect(outages).toEqual([]);
    } finally {
        unsubscribe('mcp-sessions:store-down', listener);
        await backend.close();
    }
});
