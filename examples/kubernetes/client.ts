// Calls without a pause, until PODS different pods have answered. Exits with 1 at any error.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');
const wanted = Number(process.env.PODS ?? 3);

const client = new Client({ name: 'rollout-client', version: '1.0.0' });
const errors: Error[] = [];
client.onerror = error => void errors.push(error);
// A new connection for every request, so that each pod gets its turn.
const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers: { connection: 'close' } } });
await client.connect(transport);

const pods = new Set<string>();
const end = Date.now() + 600_000;
let calls = 0;
while (pods.size < wanted) {
    assert(Date.now() < end, `Only ${[...pods].join(', ')} have answered.`);
    const { structuredContent } = await client.callTool({ name: 'count' });
    const { count, pod } = structuredContent as { count: number; pod: string };
    assert.equal(count, ++calls, `Pod ${pod} does not know of all calls.`);
    if (!pods.has(pod)) console.log(`answered by ${pod}`);
    pods.add(pod);
}
assert.deepEqual(errors, []);
console.log(`${pods.size} pods, one session, no error: counted to ${calls}`);

await transport.terminateSession();
await client.close();
