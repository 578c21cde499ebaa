import { z } from 'zod';

const NAMES = ['echo', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];

/** An ordinary server of the SDK: one tool or several, each with a schema of its own. */
export function buildServer(McpServer, tools) {
    const server = new McpServer({ name: 'bench', version: '1.0.0' });
    for (const name of NAMES.slice(0, tools)) {
        server.registerTool(name, { description: 'Answers with what it was told', inputSchema: { text: z.string() } }, ({ text }) => ({
            content: [{ type: 'text', text }]
        }));
    }
    return server;
}
