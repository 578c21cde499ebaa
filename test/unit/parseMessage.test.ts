import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/jsonrpc/parse.js';

/** Values that sit on both sides of every check: right, nearly right and plainly wrong. */
const id = fc.constantFrom<unknown>('a', '', 0, 1, -7, 1.5, 2 ** 53, null, undefined, true, {}, []);
const task = fc.constantFrom<unknown>({ taskId: 't' }, { taskId: 't', extra: 1 }, { taskId: 5 }, {}, null, undefined, 'x');
const meta = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, [], 'x', {}),
    fc.record({ progressToken: id, 'io.modelcontextprotocol/related-task': task, other: fc.constant(1) }, { requiredKeys: [] })
);
const object = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, [], 5, 'x', {}),
    fc.record({ _meta: meta, name: fc.constant('n') }, { requiredKeys: [] })
);
const error = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, [], 'x'),
    fc.record(
        {
            code: fc.constantFrom<unknown>(-32000, 1.5, '1', null),
            message: fc.constantFrom<unknown>('m', 1, undefined),
            data: fc.constantFrom<unknown>(undefined, null, { deep: [1] }),
            extra: fc.constant(1)
        },
        { requiredKeys: [] }
    )
);
const version = fc.constantFrom<unknown>('2.0', '2.0', '2.0', '2.0', '2.0', '1.0', 2);
const method = fc.constantFrom<unknown>('tools/call', 'initialize', 'x', '', 5, null);
const kinds = [
    fc.record({ jsonrpc: version, id, method, params: object }, { requiredKeys: ['jsonrpc', 'id', 'method'] }),
    fc.record({ jsonrpc: version, method, params: object }, { requiredKeys: ['jsonrpc', 'method'] }),
    fc.record({ jsonrpc: version, id, result: object }),
    fc.record({ jsonrpc: version, id, error }, { requiredKeys: ['jsonrpc', 'error'] }),
    // Members of several kinds at once, and of none.
    fc.record({ jsonrpc: version, id, method, params: object, result: object, error, extra: fc.constant(1) }, { requiredKeys: [] })
];
const message = fc.oneof(fc.constantFrom<unknown>(null, 1, 'x', [], [{}], true), ...kinds, ...kinds);

describe('parseMessage', () => {
    it('D2: takes and refuses exactly what the schema of the SDK does, with the same result', () => {
        const outcomes = { taken: 0, refused: 0 };
        fc.assert(
            fc.property(message, value => {
                const official = JSONRPCMessageSchema.safeParse(value);
                outcomes[official.success ? 'taken' : 'refused']++;
                // A copy, since a parser may change what it is given.
                expect(parseMessage(structuredClone(value))).toEqual(official.success ? official.data : undefined);
            }),
            { numRuns: 5000 }
        );
        expect(outcomes.taken).toBeGreaterThan(50);
        expect(outcomes.refused).toBeGreaterThan(50);
    });

    it.each([
        ['a request', { jsonrpc: '2.0', id: 1, method: 'ping' }],
        ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized', params: {} }],
        ['a result', { jsonrpc: '2.0', id: 'x', result: { tools: [] } }],
        ['an error', { jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'Method not found' } }],
        ['an error of no request', { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } }]
    ])('takes %s as it is', (_name, value) => {
        expect(parseMessage(value)).toEqual(value);
        expect(JSONRPCMessageSchema.parse(value)).toEqual(value);
    });
});
