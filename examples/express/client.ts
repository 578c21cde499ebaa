import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { issueToken } from './tokens.js';

// One URL, or those of several nodes with commas between them: each request goes to the next.
const urls = (process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp').split(',');
let turn = 0;
const inTurn = (_url: string | URL, init?: RequestInit) => fetch(urls[turn++ % urls.length] ?? '', init);

/** A client with a token, in a new session or in one that there is. */
async function connect(token: string, sessionId?: string) {
    const transport = new StreamableHTTPClientTransport(new URL(urls[0] ?? ''), {
        fetch: inTurn,
        requestInit: { headers: { authorization: `Bearer ${token}` } },
        ...(sessionId !== undefined && { sessionId })
    });
    const client = new Client({ name: 'example', version: '1.0.0' });
    await client.connect(transport);
    const count = async () => (await client.callTool({ name: 'count' })).structuredContent as { user: string; count: number; pid: number };
    return { client, transport, count };
}

const ann = await connect(await issueToken('ann', 'desktop'));
const { sessionId } = ann.transport;
const answers = [];
for (let call = 0; call < 6; call++) answers.push(await ann.count());
assert.deepEqual([...answers.map(({ count }) => count)], [1, 2, 3, 4, 5, 6], 'The session is one on all nodes.');
assert.deepEqual(new Set(answers.map(({ user }) => user)), new Set(['ann']));
console.log(`ann counted to 6 on ${new Set(answers.map(({ pid }) => pid)).size} process(es)`);

const onHerPhone = await connect(await issueToken('ann', 'phone'), sessionId);
assert.equal((await onHerPhone.count()).count, 7, 'The session is hers with another token, too.');
console.log('ann went on in the same session, with another token from another application: 7');

const bob = await connect(await issueToken('bob', 'desktop'), sessionId);
await assert.rejects(bob.count(), { code: 404 }, 'It is not his.');
console.log("bob got 404 for ann's session");

const [unknown, stranger] = await Promise.all([list({}), list({ authorization: `Bearer ${'nonsense'}` })]);
assert.deepEqual([unknown.status, stranger.status], [401, 401]);
const [metadata = ''] = /resource_metadata="[^"]*"/.exec(unknown.headers.get('www-authenticate') ?? '') ?? [];
console.log(`without a token: 401, ${metadata}`);

await ann.transport.terminateSession();
await Promise.all([ann, onHerPhone, bob].map(({ client }) => client.close()));
console.log('ann ended the session');

function list(headers: Record<string, string>): Promise<Response> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const accept = 'application/json, text/event-stream';
    return inTurn('', {
        method: 'POST',
        headers: { ...headers, accept, 'content-type': 'application/json', 'mcp-session-id': sessionId ?? '' },
        body
    });
}
