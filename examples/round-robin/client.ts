import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');
const transport = new StreamableHTTPClientTransport(url);
const client = new Client({ name: 'round-robin-client', version: '1.0.0' });
await client.connect(transport);
console.log(`session ${transport.sessionId}`);

let calls = 0;

/** Each call must find what the last one, on whichever node, has left behind. */
async function count(): Promise<{ node: string; pid: number }> {
    const { content } = (await client.callTool({ name: 'count' })) as CallToolResult;
    assert(content[0]?.type === 'text');
    const answer = JSON.parse(content[0].text) as { count: number; node: string; pid: number };
    assert.equal(answer.count, ++calls, `node ${answer.node} does not know of all calls`);
    return answer;
}

function isRunning(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}

const pids = new Map<string, number>();
while (pids.size < 3 || calls < 9) {
    const { node, pid } = await count();
    pids.set(node, pid);
    assert(calls < 100, `only ${[...pids.keys()]} answer`);
}
console.log(`counted to ${calls}: answered by ${[...pids.keys()].sort().join(', ')}`);

const killed = pids.get('B');
assert(killed !== undefined);
process.kill(killed, 'SIGKILL');
// A call that is under way when its node dies may have had its effect, so no load balancer sends it again.
while (isRunning(killed)) await wait(5);
console.log(`killed B (pid: ${killed})`);

for (let n = 0; n < 6; n++) await count();
console.log('counted 6 more');

const end = Date.now() + 60_000;
for (;;) {
    const { node, pid } = await count();
    if (node === 'B' && pid !== killed) {
        console.log(`B is back (pid: ${pid}), and counts on`);
        break;
    }
    assert(Date.now() < end, 'B does not come back');
    await wait(50);
}

await transport.terminateSession();
await client.close();
