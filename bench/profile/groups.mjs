const OUR_TRANSPORT = "the transport: this project's";
const OFFICIAL_TRANSPORT = 'the transport: the official one, with Hono, fetch objects and web streams';
const SDK_SERVER = "the SDK's server, with zod and ajv";

export const TRANSPORT_GROUPS = new Set([OUR_TRANSPORT, OFFICIAL_TRANSPORT]);

/** The first that fits the address of a function's file names its group. */
const BY_URL = [
    [/\/packages\/sdk\/dist\/(esm|cjs)\/(sessions\/|server\/(streamableHttp|webStandardStreamableHttp|protocolRules)\.js)/, OUR_TRANSPORT],
    [/\/packages\/sdk\/dist\//, SDK_SERVER],
    [/\/node_modules\/@modelcontextprotocol\/sdk\/.*\/(streamableHttp|webStandardStreamableHttp)\.js/, OFFICIAL_TRANSPORT],
    [/\/node_modules\/@hono\/|^node:internal\/(deps\/undici|webstreams)/, OFFICIAL_TRANSPORT],
    [/\/node_modules\/(@modelcontextprotocol\/sdk|zod|ajv|ajv-formats|json-schema-traverse|fast-uri|fast-deep-equal)\//, SDK_SERVER],
    [/\/node_modules\/(ioredis|@ioredis|redis-parser|standard-as-callback|denque|cluster-key-slot)/, 'ioredis'],
    [/\/bench\//, 'the application'],
    [
        /^node:(_http|http|net|_stream|stream|internal\/(http|net|stream|streams|dgram|dns|js_stream)|internal\/stream_base_commons)/,
        'node:http and node:net'
    ],
    [
        /^node:(events|buffer|timers|internal\/(timers|process|async_hooks|util|buffer|validators|errors|linkedlist|priority_queue|fixed_queue))/,
        'Node: events, buffers, timers, ticks'
    ]
];

const BY_NAME = new Map([
    ['(garbage collector)', 'garbage collection'],
    ['(program)', 'native code: system calls, libuv, the HTTP parser'],
    ['(root)', 'other']
]);

/** What a node of the profile belongs to. A native function, and what else of Node has no group, belongs to who called it. */
export function groupOf(node, parents) {
    for (let at = node; at !== undefined; at = parents.get(at.id)) {
        const { functionName, url } = at.callFrame;
        if (BY_NAME.has(functionName)) return BY_NAME.get(functionName);
        const group = BY_URL.find(([pattern]) => pattern.test(url));
        if (group !== undefined) return group[1];
        if (url !== '' && !url.startsWith('node:')) return 'other';
    }
    return 'other';
}
