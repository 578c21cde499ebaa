/**
 * The arrows: transport -> session -> ports <- adapters. What each folder of src/ may import from, beside its own files and
 * the files at the top of src/.
 *
 * @type {Record<string, string[]>}
 */
export const arrows = {
    jsonrpc: [],
    ports: ['jsonrpc'],
    bus: ['ports', 'jsonrpc'],
    memory: ['ports', 'jsonrpc'],
    atRest: ['ports', 'jsonrpc'],
    lock: ['ports', 'jsonrpc'],
    cluster: ['ports', 'jsonrpc'],
    history: ['ports', 'jsonrpc'],
    telemetry: ['jsonrpc'],
    watch: ['cluster', 'ports', 'jsonrpc'],
    session: ['lock', 'ports', 'jsonrpc'],
    transport: ['session', 'cluster', 'history', 'telemetry', 'ports', 'jsonrpc'],
    handler: ['transport', 'session', 'cluster', 'history', 'telemetry', 'watch', 'memory', 'ports', 'jsonrpc']
};
