/** The methods of requests of clients. What a client calls otherwise may say anything, and is told to nobody. */
const known = new Set([
    'initialize',
    'ping',
    'tools/list',
    'tools/call',
    'prompts/list',
    'prompts/get',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'resources/subscribe',
    'resources/unsubscribe',
    'completion/complete',
    'logging/setLevel',
    'tasks/list',
    'tasks/get',
    'tasks/result',
    'tasks/cancel'
]);

/** A method as it may be told: `other` for what the protocol does not know. */
export function rpcMethodName(method: string): string {
    return known.has(method) ? method : 'other';
}
