import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { Server } from '@modelcontextprotocol/server';
import { askedForm, serverOptions, type Sdk } from './sdk.js';

/** 2.x: `@modelcontextprotocol/server` with the transport of `@modelcontextprotocol/node`. */
export const sdk2: Sdk = async ({ transport: options, runTool, onerror }) => {
    const server = new Server({ name: 'evidence', version: '1.0.0' }, serverOptions);
    server.onerror = onerror;
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq: { id, signal } }) => {
        const text = await runTool({
            tool: params.name,
            args: (params.arguments ?? {}) as Record<string, string>,
            signal,
            ask: async message => {
                const { content } = await server.elicitInput({ message, requestedSchema: askedForm }, { relatedRequestId: id });
                return String(content?.['answer']);
            },
            notify: data => server.sendLoggingMessage({ level: 'info', data })
        });
        return { content: [{ type: 'text', text }] };
    });
    const transport = new NodeStreamableHTTPServerTransport(options);
    await server.connect(transport);
    return {
        server,
        transport,
        client: () => ({ name: server.getClientVersion()?.name, capabilities: server.getClientCapabilities() })
    };
};
