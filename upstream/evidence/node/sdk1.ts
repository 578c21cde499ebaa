import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { askedForm, serverOptions, type Sdk } from './sdk.js';

/** `@modelcontextprotocol/sdk`, 1.x. */
export const sdk1: Sdk = async ({ transport: options, runTool, onerror }) => {
    const server = new Server({ name: 'evidence', version: '1.0.0' }, serverOptions);
    server.onerror = onerror;
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { requestId, signal }) => {
        const text = await runTool({
            tool: params.name,
            args: (params.arguments ?? {}) as Record<string, string>,
            signal,
            ask: async message => {
                const { content } = await server.elicitInput({ message, requestedSchema: askedForm }, { relatedRequestId: requestId });
                return String(content?.['answer']);
            },
            notify: data => server.sendLoggingMessage({ level: 'info', data })
        });
        return { content: [{ type: 'text', text }] };
    });
    const transport = new StreamableHTTPServerTransport(options);
    await server.connect(transport);
    return {
        server,
        transport,
        client: () => ({ name: server.getClientVersion()?.name, capabilities: server.getClientCapabilities() })
    };
};
