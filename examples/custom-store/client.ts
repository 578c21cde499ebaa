import assert from 'node:assert/strict';
import { Client } from '@mcp-sessions/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@mcp-sessions/sdk/client/streamableHttp.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');
const transport = new StreamableHTTPClientTransport(url);
const client = new Client({ name: 'custom-store-client', version: '1.0.0' });
await client.connect(transport);

const words: string[] = [];
for (const word of ['kept', 'in', 'a', 'table']) {
    words.push(word);
    const { content } = await client.callTool({ name: 'remember', arguments: { word } });
    assert.deepEqual(content, [{ type: 'text', text: words.join(' ') }]);
    console.log(words.join(' '));
}

await transport.terminateSession();
await client.close();
