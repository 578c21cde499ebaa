import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');

/** A client with a token, which begins a session or goes on with one. */
async function connect(token: string, sessionId?: string) {
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const transport = new StreamableHTTPClientTransport(url, { requestInit, sessionId });
    const client = new Client({ name: 'handler-client', version: '1.0.0' });
    await client.connect(transport);
    const call = async (name: string, args: Record<string, string>) => {
        const { content } = (await client.callTool({ name, arguments: args })) as CallToolResult;
        return content[0]?.type === 'text' ? content[0].text : '';
    };
    return { client, transport, call };
}

await assert.rejects(connect('nobody'), { code: 401 });
console.log('a wrong token: 401');

const ann = await connect('ann');
assert.equal(await ann.call('add-to-cart', { item: 'tea' }), '1 in the cart');
assert.equal(await ann.call('add-to-cart', { item: 'milk' }), '2 in the cart');
console.log('Ann: 2 in the cart');

const bob = await connect('bob', ann.transport.sessionId);
await assert.rejects(bob.client.listTools(), { code: 404 });
await bob.client.close();
console.log("Bob with the id of Ann's session: 404");

const heard = new Promise<string>((resolve, reject) => {
    ann.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params.uri));
    setTimeout(() => reject(new Error('Ann has not heard of the news')), 20_000).unref();
});
await ann.client.subscribeResource({ uri: 'news://today' });
await ann.call('publish', { news: 'rain' });
const { contents } = await ann.client.readResource({ uri: await heard });
assert(contents[0] && 'text' in contents[0]);
assert.equal(contents[0].text, 'rain');
console.log('Ann hears of the news, and reads: rain');

const health = (await (await fetch(new URL('/health', url))).json()) as { ready: boolean; store: string };
assert.deepEqual([health.ready, health.store], [true, 'ok']);
console.log('health: ready, and the store answers');

await ann.transport.terminateSession();
await ann.client.close();
