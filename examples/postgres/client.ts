import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

const nodes = (process.env.MCP_URLS ?? 'http://127.0.0.1:3001/mcp,http://127.0.0.1:3002/mcp').split(',').map(url => new URL(url));

// In place of a load balancer: each request goes to the next node.
let turn = 0;
const nextNode = (_url: string | URL, init?: RequestInit) => fetch(nodes[turn++ % nodes.length] as URL, init);

const transport = new StreamableHTTPClientTransport(nodes[0] as URL, { fetch: nextNode });
const client = new Client({ name: 'postgres-client', version: '1.0.0' });
await client.connect(transport);

const processes = new Set<string>();
for (let n = 1; n <= 10; n++) {
    const { content } = (await client.callTool({ name: 'note', arguments: { text: `note ${n}` } })) as CallToolResult;
    const [, count, pid = ''] = (content[0]?.type === 'text' && /^(\d+) notes, by process (\d+)$/.exec(content[0].text)) || [];
    assert.equal(count, String(n), 'a note is lost');
    processes.add(pid);
}
assert.equal(processes.size, nodes.length, 'not every node has answered');
console.log(`10 notes in one session, taken by ${processes.size} processes`);
await client.close();
