import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');
const transport = new StreamableHTTPClientTransport(url);
const client = new Client({ name: 'plain-transports-client', version: '1.0.0' });
await client.connect(transport);

for (const a of [1, 2, 3, 4]) {
    const { content } = await client.callTool({ name: 'add', arguments: { a, b: 1 } });
    assert.deepEqual(content, [{ type: 'text', text: String(a + 1) }]);
    console.log(`${a} + 1 = ${a + 1}`);
}

await transport.terminateSession();
await client.close();
