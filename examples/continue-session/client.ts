import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');
const [word = 'nothing', sessionId] = process.argv.slice(2);

const transport = new StreamableHTTPClientTransport(url, { sessionId });
const client = new Client({ name: 'continue-session-client', version: '1.0.0' });
await client.connect(transport); // sends `initialize`, but not where there is a session already

try {
    const { content } = (await client.callTool({ name: 'remember', arguments: { word } })) as CallToolResult;
    console.log(content[0]?.type === 'text' && content[0].text);
    console.log(`session ${transport.sessionId}`);
} catch (error) {
    const isOver = error instanceof StreamableHTTPError && error.code === 404;
    console.error(isOver ? 'The session is over, or never was. Begin a new one: leave its id out' : error);
    process.exitCode = 1;
}
await client.close(); // lets go of connections; only terminateSession() ends the session
