import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

// One URL, or those of several nodes with commas between them: each request goes to the next.
const urls = (process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp').split(',');
let turn = 0;
const inTurn = (_url: string | URL, init?: RequestInit) => fetch(urls[turn++ % urls.length] ?? '', init);

const client = new Client({ name: 'example', version: '1.0.0' });
const changed = new Promise<void>(resolve => client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()));
const transport = new StreamableHTTPClientTransport(new URL(urls[0] ?? ''), { fetch: inTurn });
await client.connect(transport);
console.log('began a session');

const counts: unknown[] = [];
const processes = new Set<unknown>();
for (let call = 0; call < 6; call++) {
    const { structuredContent } = await client.callTool({ name: 'count' });
    const { count, pid } = structuredContent as { count: number; pid: number };
    counts.push(count);
    processes.add(pid);
}
assert.deepEqual(counts, [1, 2, 3, 4, 5, 6], 'The session is one on all nodes.');
console.log(`counted ${counts.join(' ')} on ${processes.size} process(es)`);

const steps: number[] = [];
await client.callTool({ name: 'work' }, undefined, { onprogress: ({ progress }) => void steps.push(progress) });
assert.deepEqual(steps, [1, 2, 3], 'Progress comes before the result.');
console.log(`heard of progress ${steps.join(' ')}, then got the result`);

await client.callTool({ name: 'reload' });
await changed;
console.log('heard that the tools have changed');

await transport.terminateSession();
await client.close();
console.log('ended the session');
