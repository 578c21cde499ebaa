import fc from 'fast-check';

/** Bodies of POST requests: well-formed messages, messages with something wrong, and what is not even JSON. */
const relatedTask = 'io.modelcontextprotocol/related-task';

const goodId = fc.oneof(fc.nat(20), fc.constantFrom('', 'a', '1', -1, 2 ** 53 - 1));
const oddId = fc.constantFrom<unknown[]>(null, 1.5, 2 ** 53, -0.1, true, {}, [], [1], 1e300, 'x'.repeat(300), '\u20ac\n');
const id = fc.oneof({ weight: 15, arbitrary: goodId }, { weight: 1, arbitrary: oddId });

const progressToken = fc.oneof({ weight: 5, arbitrary: goodId }, { weight: 1, arbitrary: oddId });
const task = fc.oneof(
    { weight: 5, arbitrary: fc.record({ taskId: fc.string(), ttl: fc.nat() }, { requiredKeys: ['taskId'] }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>({ taskId: 1 }, { taskId: null }, null, {}, [], 't') }
);
const meta = fc.oneof(
    { weight: 9, arbitrary: fc.record({ progressToken, [relatedTask]: task, other: fc.jsonValue({ maxDepth: 1 }) }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>(null, [], 'meta', 7, { __proto__: null, progressToken: 1 }) }
);
const object = fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    { weight: 6, arbitrary: fc.record({ _meta: meta, a: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: [] }) },
    {
        weight: 1,
        arbitrary: fc.dictionary(
            fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')),
            fc.jsonValue({ maxDepth: 1 })
        )
    },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>(null, [], 'text', 0, false) }
);
const method = fc.oneof(
    {
        weight: 6,
        arbitrary: fc.constantFrom('echo', 'n', 'notifications/initialized', 'notifications/cancelled', 'initialize', 'tools/list', '')
    },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>(null, 7, {}, '__proto__') }
);
const error = fc.oneof(
    fc.record(
        {
            code: fc.oneof(fc.integer(), fc.constantFrom<unknown[]>(1.5, null, '1', 2 ** 53)),
            message: fc.oneof(fc.string(), fc.constantFrom<unknown[]>(null, 1)),
            data: fc.jsonValue({ maxDepth: 1 }),
            extra: fc.constant(true)
        },
        { requiredKeys: ['code'] }
    ),
    fc.constantFrom<unknown[]>(null, [], 'error', {})
);
const goodError = fc.record(
    { code: fc.integer(), message: fc.string(), data: fc.jsonValue({ maxDepth: 1 }) },
    { requiredKeys: ['code', 'message'] }
);

const jsonrpc = fc.oneof(
    { weight: 30, arbitrary: fc.constant('2.0') },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>('1.0', 2, null, '2', '2.0 ') }
);

const initializeParams = fc.record(
    {
        protocolVersion: fc.constantFrom<unknown[]>('2025-11-25', '2025-06-18', '2025-11-25', '1999-01-01', 'z', '', 1),
        capabilities: fc.constantFrom<unknown[]>(
            {},
            {},
            { sampling: {}, x: 1 },
            { roots: { listChanged: true } },
            { sampling: [] },
            null,
            []
        ),
        clientInfo: fc.constantFrom<unknown[]>({ name: 'c', version: '1' }, { name: 'c', version: '1', extra: {} }, { name: 'c' }, null),
        _meta: meta
    },
    { requiredKeys: ['protocolVersion', 'capabilities', 'clientInfo'] }
);
const goodInitialize = fc.constant({ protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });

const request = fc.record({ jsonrpc, id, method, params: object }, { requiredKeys: ['jsonrpc', 'id', 'method'] });
const initialize = fc.record({ jsonrpc, id, method: fc.constant('initialize'), params: fc.oneof(goodInitialize, initializeParams) });
const notification = fc.record({ jsonrpc, method, params: object }, { requiredKeys: ['jsonrpc', 'method'] });
const initializeWithoutId = fc.record({ jsonrpc, method: fc.constant('initialize'), params: goodInitialize });
const resultResponse = fc.record({ jsonrpc, id, result: object });
const errorResponse = fc.record({ jsonrpc, id, error: fc.oneof(error, goodError) }, { requiredKeys: ['jsonrpc', 'error'] });

const wellMeant = fc.oneof(
    { weight: 10, arbitrary: request },
    { weight: 2, arbitrary: initialize },
    { weight: 3, arbitrary: notification },
    { weight: 1, arbitrary: initializeWithoutId },
    { weight: 2, arbitrary: resultResponse },
    { weight: 2, arbitrary: errorResponse }
);

/** A member too many, or one too few. */
const mutated = fc
    .tuple(
        wellMeant,
        fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error', 'extra', 'constructor'),
        fc.option(fc.jsonValue({ maxDepth: 1 }))
    )
    .map(([message, key, value]) => {
        const { [key as never]: _, ...rest } = message as Record<string, unknown>;
        return value === null ? rest : { ...rest, [key]: value };
    });

const valid = fc.oneof(
    fc.record({
        jsonrpc: fc.constant('2.0'),
        id: goodId,
        method: fc.constantFrom('echo', 'tools/list', ''),
        params: fc.record({ a: fc.jsonValue({ maxDepth: 2 }), _meta: fc.record({ progressToken: goodId }) }, { requiredKeys: [] })
    }),
    fc.record({ jsonrpc: fc.constant('2.0'), method: fc.constantFrom('n', 'notifications/cancelled') }),
    fc.record({ jsonrpc: fc.constant('2.0'), id: goodId, result: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })) })
);

const message: fc.Arbitrary<unknown> = fc.oneof(
    { weight: 20, arbitrary: valid },
    { weight: 20, arbitrary: wellMeant },
    { weight: 2, arbitrary: mutated },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) }
);

const value: fc.Arbitrary<unknown> = fc.oneof(
    { weight: 12, arbitrary: message },
    { weight: 4, arbitrary: fc.array(message, { maxLength: 4 }) },
    {
        weight: 1,
        arbitrary: fc.constantFrom(99, 100, 101).chain(length => fc.constant(Array(length).fill({ jsonrpc: '2.0', method: 'n' })))
    }
);

/** What makes bytes of JSON into something else, or into the same in other words. */
const changes: ((text: string) => string | Uint8Array)[] = [
    text => ` \r\n\t${text}\n`,
    text => `\ufeff${text}`,
    text => `\ufeff\ufeff${text}`,
    text => text.slice(0, -1),
    text => `${text},`,
    text => text + text,
    text => text.replace('"id"', '"id":0,"id"'),
    text => text.replace('"params":{', '"params":{"__proto__":{"a":1},'),
    text => text.replace('{', '{"__proto__":{},'),
    text => text.replace('"method"', '"\\u006dethod"'),
    text => text.replace(/"id":(\d+)/, '"id":$1.0'),
    text => text.replace(/"id":(\d+)/, '"id":-0'),
    text => text.replace(/"id":(\d+)/, '"id":1e400'),
    text => `${'['.repeat(2000)}${text}`,
    text => Buffer.concat([Buffer.from(text), Buffer.of(0xff)]),
    text => Buffer.from(text, 'utf16le'),
    text => Buffer.from(text.replace('"a":', '"\u00e4\u00f6":'), 'latin1'),
    text => Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.of(0xe2, 0x82), Buffer.from(text.slice(-1))]),
    () => '',
    () => 'null'
];

export const body: fc.Arbitrary<string | Uint8Array> = fc.oneof(
    { weight: 7, arbitrary: value.map(given => JSON.stringify(given)) },
    { weight: 1, arbitrary: fc.tuple(value, fc.constantFrom(...changes)).map(([given, change]) => change(JSON.stringify(given))) }
);

/** Values as a body parser hands them over, with what JSON cannot say. */
export const parsedBody: fc.Arbitrary<unknown> = fc.oneof(
    value,
    fc
        .tuple(
            value,
            fc.constantFrom('id', 'params', 'result', 'extra', 'data'),
            fc.constantFrom<unknown[]>(undefined, Number.NaN, 1n, () => 1)
        )
        .map(([given, key, odd]) => (typeof given === 'object' && given !== null ? { ...given, [key]: odd } : given)),
    fc.constantFrom<unknown[]>('', '{}', Buffer.from('{}'), Object.assign(Object.create(null) as object, { jsonrpc: '2.0', method: 'n' }))
);

/** Whether two requests of a batch have one id: there the two implementations differ on purpose. */
export function repeatsAnId(parsed: unknown): boolean {
    if (!Array.isArray(parsed)) {
        return false;
    }
    const ids = (parsed as ({ id?: unknown; method?: unknown } | null)[])
        .filter(given => typeof given?.method === 'string' && given.id !== undefined)
        .map(given => given?.id);
    return new Set(ids).size < ids.length;
}
