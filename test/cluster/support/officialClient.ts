import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    CreateMessageRequestSchema,
    ElicitRequestSchema,
    ListRootsRequestSchema,
    LoggingMessageNotificationSchema,
    type CallToolResult
} from '@modelcontextprotocol/sdk/types.js';

/** The client of the official SDK. It answers `<message>!` to every question, after it has reported progress 1 and 2 if asked to. */
export async function officialClient(url: string) {
    const client = new Client(
        { name: 'official', version: '1.0.0' },
        { capabilities: { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } } }
    );
    /** What log messages said, in the order in which they came. */
    const heard: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.data));
    client.setRequestHandler(ElicitRequestSchema, async ({ params }, { sendNotification, _meta }) => {
        for (const progress of [1, 2]) {
            if (_meta?.progressToken === undefined) break;
            await sendNotification({ method: 'notifications/progress', params: { progressToken: _meta.progressToken, progress } });
        }
        return { action: 'accept', content: { word: `${params.message}!` } };
    });
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
        const [content] = [params.messages[0]?.content].flat();
        const text = content?.type === 'text' ? `${content.text}!` : '';
        return { model: 'none', role: 'assistant', content: { type: 'text', text } };
    });
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///home' }] }));
    const transport = new StreamableHTTPClientTransport(new URL(url));
    await client.connect(transport);

    /** Calls a tool and returns the text of its result. */
    async function tool(name: string, args: Record<string, unknown> = {}): Promise<string> {
        const { content } = (await client.callTool({ name, arguments: args })) as CallToolResult;
        return content[0]?.type === 'text' ? content[0].text : '';
    }
    return { client, transport, heard, tool };
}
