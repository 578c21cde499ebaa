import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

// One URL, or those of several nodes with commas between them: each request goes to the next.
const urls = (process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp').split(',');
let turn = 0;
const inTurn = (_url: string | URL, init?: RequestInit) => fetch(urls[turn++ % urls.length] ?? '', init);

const client = new Client({ name: 'example', version: '1.0.0' });
const transport = new StreamableHTTPClientTransport(new URL(urls[0] ?? ''), { fetch: inTurn });
const said = new Promise<unknown>(resolve =>
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => resolve(params.data))
);
await client.connect(transport);
console.log(`began a session with ${client.getServerVersion()?.name}`);

for (let a = 1; a <= 6; a++) {
    const { content } = await client.callTool({ name: 'add', arguments: { a, b: 1 } });
    assert.deepEqual(content, [{ type: 'text', text: String(a + 1) }]);
}
console.log('6 of 6 sums are right');
console.log('heard from the server:', await said);

await transport.terminateSession();
await client.close();
console.log('ended the session');
