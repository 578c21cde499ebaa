import type { JSONRPCMessage, JSONRPCRequest, SessionServer } from '@mcp-sessions/core';

/** The smallest server there can be: tools that add, and one that never answers. */
export function demoServer(): SessionServer {
    return {
        async connect(transport) {
            transport.onmessage = message => {
                const answer = isRequest(message) ? answerTo(message) : undefined;
                if (answer) {
                    // A client that is gone gets it when it comes back.
                    transport.send(answer).catch(() => undefined);
                }
            };
            await transport.start();
        }
    };
}

function answerTo({ id, method, params }: JSONRPCRequest): JSONRPCMessage | undefined {
    if (method === 'initialize') {
        const { protocolVersion } = (params ?? {}) as { protocolVersion?: unknown };
        return { jsonrpc: '2.0', id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'demo', version: '1' } } };
    }
    const { name, arguments: given } = (params ?? {}) as { name?: unknown; arguments?: { a?: unknown; b?: unknown } };
    if (method === 'tools/call' && name === 'hang') {
        return undefined;
    }
    const text = String(Number(given?.a) + Number(given?.b));
    return { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } };
}

function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
    return 'method' in message && 'id' in message;
}
