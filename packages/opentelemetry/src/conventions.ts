/**
 * Names of the semantic conventions for MCP, and of the general ones that they refer to.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 */
export const attribute = {
    method: 'mcp.method.name',
    protocolVersion: 'mcp.protocol.version',
    tool: 'gen_ai.tool.name',
    prompt: 'gen_ai.prompt.name',
    operation: 'gen_ai.operation.name',
    statusCode: 'rpc.response.status_code',
    errorType: 'error.type',
    networkTransport: 'network.transport',
    networkProtocol: 'network.protocol.name',
    httpMethod: 'http.request.method',
    httpStatus: 'http.response.status_code',
    // Ours, for what the conventions have no name for.
    session: 'mcp_sessions.session.fingerprint',
    outcome: 'mcp_sessions.answer.outcome',
    stream: 'mcp_sessions.stream.kind',
    part: 'mcp_sessions.backend.part'
} as const;

/** What the conventions have in place of a value that is none of those expected. */
export const other = '_OTHER';

/** Streamable HTTP, as the conventions have it recorded. */
export const overHttp = { [attribute.networkTransport]: 'tcp', [attribute.networkProtocol]: 'http' } as const;

/** Bucket boundaries that the conventions prescribe for durations of operations and of sessions, in seconds. */
export const operationBuckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** Those of calls to databases. */
export const callBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** The requests and notifications of clients that MCP knows. */
export const methods = [
    'completion/complete',
    'initialize',
    'logging/setLevel',
    'notifications/cancelled',
    'notifications/initialized',
    'notifications/progress',
    'notifications/roots/list_changed',
    'notifications/tasks/status',
    'ping',
    'prompts/get',
    'prompts/list',
    'resources/list',
    'resources/read',
    'resources/subscribe',
    'resources/templates/list',
    'resources/unsubscribe',
    'tasks/cancel',
    'tasks/get',
    'tasks/list',
    'tasks/result',
    'tools/call',
    'tools/list'
];
