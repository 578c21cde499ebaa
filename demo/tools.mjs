// The tools of the demo, on the SDK's ordinary classes: they know nothing of nodes and stores.

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema, SetLevelRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** The server of one session. */
export function buildServer() {
    const mcp = new McpServer({ name: 'demo', version: '1.0.0' }, { capabilities: { logging: {} } });
    let threshold = 'debug';
    mcp.server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        threshold = params.level;
        return {};
    });
    mcp.registerTool('add', { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    mcp.registerTool('client', { description: 'What this server knows of its client' }, () => ({
        content: [{ type: 'text', text: JSON.stringify([mcp.server.getClientVersion(), mcp.server.getClientCapabilities()]) }]
    }));
    mcp.registerTool('work', { description: 'Logs one message of each level' }, async extra => {
        for (const level of levels.slice(levels.indexOf(threshold))) {
            await extra.sendNotification({ method: 'notifications/message', params: { level, data: 'working' } });
        }
        return { content: [{ type: 'text', text: 'done' }] };
    });
    mcp.registerTool('ask', { description: 'Asks the user for a colour' }, async extra => {
        const requestedSchema = { type: 'object', properties: { colour: { type: 'string' } } };
        const question = { method: 'elicitation/create', params: { message: 'Which colour?', requestedSchema } };
        const { content } = await extra.sendRequest(question, ElicitResultSchema);
        return { content: [{ type: 'text', text: content.colour }] };
    });
    mcp.registerTool('count', { description: 'Counts aloud', inputSchema: { to: z.number() } }, async ({ to }, extra) => {
        for (let n = 1; n <= to; n++) {
            await extra.sendNotification({ method: 'notifications/message', params: { level: 'emergency', data: n } });
            await new Promise(resolve => setTimeout(resolve, 100));
        }
        return { content: [{ type: 'text', text: `counted to ${to}` }] };
    });
    mcp.registerTool('hang', { description: 'Works until it is cancelled', inputSchema: { name: z.string() } }, async ({ name }, extra) => {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'emergency', data: name } });
        console.log(`${name} hangs`);
        await new Promise(resolve => extra.signal.addEventListener('abort', resolve));
        console.log(`${name} was aborted`);
        return { content: [] };
    });
    return mcp;
}
