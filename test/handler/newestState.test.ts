import { randomUUID } from 'node:crypto';
import { InMemorySessionStore, sessionState } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { call, FetchNode, initialize, messages, notify } from '../session/fetchNode.js';

/** Two nodes that share a store and nothing else, and for a minute trust what they know of a session. */
async function pair() {
    const sessionStore = new InMemorySessionStore();
    const options = { sessionStore, revalidateMs: 60_000, sessionIdGenerator: () => randomUUID(), furnish };
    const [first, second] = [new FetchNode('A', options), new FetchNode('B', options)];
    const begun = await first.fetch(initialize());
    await begun.text();
    const id = begun.headers.get('mcp-session-id') ?? '';
    await first.fetch(notify(id, 'notifications/initialized'));
    for (const node of [first, second]) await (await node.fetch(call(id, 'tools/list'))).text();
    const tool = async (node: FetchNode, name: string, args: object = {}) => {
        const [message] = (await messages(await node.fetch(call(id, 'tools/call', { name, arguments: args })))) as [
            { result: { content: { text: string }[] } }
        ];
        return message.result.content[0]?.text;
    };
    return { first, second, id, tool, record: () => sessionStore.getSession(id) };
}

const furnish: NonNullable<ConstructorParameters<typeof FetchNode>[1]['furnish']> = server => {
    const told = (text: string) => ({ content: [{ type: 'text' as const, text }] });
    server.registerTool('put', { inputSchema: { count: z.number() } }, async ({ count }, extra) => {
        await sessionState(extra).set('count', count);
        return told('put');
    });
    server.registerTool('remove', {}, async extra => {
        await sessionState(extra).delete('count');
        return told('removed');
    });
    server.registerTool('take-one', {}, async extra => {
        const left = await sessionState<{ count: number }>(extra).update('count', (count = 0) => {
            if (count === 0) throw new Error('none left');
            return count - 1;
        });
        return told(`${left} left`);
    });
};

it('S14: what another node has just written is removed', async () => {
    const { first, second, tool, record } = await pair();
    await tool(first, 'put', { count: 3 });
    await tool(second, 'remove');
    expect((await record())?.state).toEqual({});
});

it('S14: a change is refused only for what is there now', async () => {
    const { first, second, tool } = await pair();
    expect(await tool(second, 'take-one')).toBe('none left');
    await tool(first, 'put', { count: 3 });
    expect(await tool(second, 'take-one')).toBe('2 left');
});

it('X7: a log level that a node believes to be set is set again where another node has changed it', async () => {
    const { first, second, id, record } = await pair();
    for (const [node, level] of [
        [first, 'error'],
        [second, 'debug'],
        [first, 'error']
    ] as const) {
        await (await node.fetch(call(id, 'logging/setLevel', { level }))).text();
    }
    expect((await record())?.logLevel).toBe('error');
});
