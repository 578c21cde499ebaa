export const PROTOCOL_VERSION = '2025-11-25';

export const INITIALIZE = JSON.stringify({
    method: 'initialize',
    params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } },
    jsonrpc: '2.0',
    id: 0
});

export const INITIALIZED = JSON.stringify({ method: 'notifications/initialized', jsonrpc: '2.0' });

/** The n-th call: id and text differ each time, so that an answer to another call is noticed. */
export function echoCall(n) {
    return { method: 'tools/call', params: { name: 'echo', arguments: { text: `call ${n} of the bench` } }, jsonrpc: '2.0', id: n };
}

export function checkEcho(answer, call) {
    const text = answer.result?.content?.[0]?.text;
    if (answer.id !== call.id || text !== call.params.arguments.text) {
        throw new Error(`Call ${call.id} was answered with ${JSON.stringify(answer)}`);
    }
}
