import { describe, expect, it } from 'vitest';
import { headOf, nodeEndpoint, openEndpoint, session, webEndpoint, type Endpoint } from './support/endpoint.js';
import { json, refused, whole } from './support/expected.js';
import { everywhere, implementations } from './support/implementations.js';
import { both, event, initialize, notification, refusal, request, result } from './support/messages.js';

const invalidJson = 'Parse error: Invalid JSON';
const invalidMessage = 'Parse error: Invalid JSON-RPC message';
const head = [
    ['accept', both],
    ['content-type', 'application/json']
] as const;

describe.each(everywhere)('bodies: %s on %s', (_, shell, implementation) => {
    const begun = async (): Promise<{ endpoint: Endpoint; of: Record<string, string> }> => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, maxRequestBodySize: 1000 });
        return { endpoint, of: await endpoint.begin() };
    };
    const padded = (bytes: number): string => JSON.stringify(request(1, 'echo')).padEnd(bytes);

    it.each(['', ' ', '{', '{"jsonrpc":"2.0",}', 'undefined', '\u0000', '[', '{}x', "{'jsonrpc':'2.0'}"])(
        'D2: %j is not JSON',
        async body => {
            const { endpoint, of } = await begun();
            expect(await whole(await endpoint.post(body, of))).toEqual(refused(shell, 400, -32700, invalidJson));
            expect(endpoint.errors).toEqual([invalidJson]);
        }
    );

    it.each([
        null,
        true,
        1,
        '"text"',
        {},
        { jsonrpc: '2.0' },
        { jsonrpc: '1.0', id: 1, method: 'echo' },
        { id: 1, method: 'echo' },
        { jsonrpc: '2.0', id: null, method: 'echo' },
        { jsonrpc: '2.0', id: 1.5, method: 'echo' },
        { jsonrpc: '2.0', id: 2 ** 53, method: 'echo' },
        { jsonrpc: '2.0', id: {}, method: 'echo' },
        { jsonrpc: '2.0', id: 1, method: 7 },
        { jsonrpc: '2.0', id: 1, method: 'echo', params: [] },
        { jsonrpc: '2.0', id: 1, method: 'echo', params: null },
        { jsonrpc: '2.0', id: 1, method: 'echo', extra: true },
        { jsonrpc: '2.0', id: 1, method: 'echo', params: { _meta: null } },
        { jsonrpc: '2.0', id: 1, method: 'echo', params: { _meta: { progressToken: 1.5 } } },
        { jsonrpc: '2.0', id: 1, method: 'echo', params: { _meta: { 'io.modelcontextprotocol/related-task': {} } } },
        { jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: 'x' } },
        { jsonrpc: '2.0', id: 1, result: null },
        { jsonrpc: '2.0', result: {} },
        { jsonrpc: '2.0', id: 1, error: { code: 1.5, message: 'x' } },
        { jsonrpc: '2.0', id: 1, error: { code: 1 } },
        { jsonrpc: '2.0', id: null, error: { code: 1, message: 'x' } },
        [[]],
        [null],
        [request(1, 'echo'), {}]
    ])('D2: %j is no message', async body => {
        const { endpoint, of } = await begun();
        expect(await whole(await endpoint.post(body, of))).toEqual(refused(shell, 400, -32700, invalidMessage));
        expect(endpoint.errors).toEqual([invalidMessage]);
        expect(endpoint.received).toEqual([]);
    });

    it.each([
        [{ jsonrpc: '2.0', id: 1, result: {} }],
        [{ jsonrpc: '2.0', id: '', result: { a: [1] } }],
        [{ jsonrpc: '2.0', id: 1, error: { code: -1, message: '', data: null } }],
        [{ jsonrpc: '2.0', error: { code: 1, message: 'x' } }],
        [{ jsonrpc: '2.0', method: '' }],
        [{ jsonrpc: '2.0', method: 'x', params: { _meta: { progressToken: 'p', other: 1 } } }]
    ])('D2: %j reaches the server as it is, and is answered 202', async body => {
        const { endpoint, of } = await begun();
        expect((await endpoint.post(body, of)).status).toBe(202);
        expect(endpoint.received.map(({ message }) => message)).toEqual([body]);
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: what the schema does not know is left out of an error and of a related task', async () => {
        const { endpoint, of } = await begun();
        const task = { 'io.modelcontextprotocol/related-task': { taskId: 't', other: 1 } };
        await endpoint.post({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x', other: 1 } }, of);
        await endpoint.post({ jsonrpc: '2.0', method: 'x', params: { _meta: task, other: 1 } }, of);
        expect(endpoint.received.map(({ message }) => message)).toEqual([
            { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } },
            { jsonrpc: '2.0', method: 'x', params: { _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't' } }, other: 1 } }
        ]);
    });

    it('D2: bytes that are no UTF-8 become replacement characters, and a byte order mark is dropped', async () => {
        const { endpoint, of } = await begun();
        const text = Buffer.from('\ufeff{"jsonrpc":"2.0","method":"x","params":{"a":"??? \u00e4\u20ac\ud83d\ude00"}}');
        text.set([0xff, 0xe2, 0x82], text.indexOf('???'));
        await endpoint.fetch({ method: 'POST', headers: [...head, ...Object.entries(of)], body: new Uint8Array(text) });
        expect(endpoint.received.map(({ message }) => message)).toEqual([
            { jsonrpc: '2.0', method: 'x', params: { a: '\ufffd\ufffd \u00e4\u20ac\ud83d\ude00' } }
        ]);
    });

    it('D2: a body of as many bytes as allowed is let in, and one byte more gets 413', async () => {
        const { endpoint, of } = await begun();
        expect((await endpoint.post(padded(1000), of)).status).toBe(200);
        const message = 'Payload Too Large: Request body must not exceed 1000 bytes';
        expect(await whole(await endpoint.post(padded(1001), of))).toEqual(refused(shell, 413, -32000, message));
        expect(await whole(await endpoint.post('x'.repeat(1001), of))).toEqual(refused(shell, 413, -32000, message));
        expect(endpoint.errors).toEqual([message, message]);
    });

    it('D2: by default 4 MiB are allowed', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        expect((await endpoint.post(padded(4 * 1024 * 1024), of)).status).toBe(200);
        const message = 'Payload Too Large: Request body must not exceed 4194304 bytes';
        const declared = { ...of, 'content-length': '4194305', connection: 'close' };
        const answer = await endpoint.post('{', declared);
        expect([answer.status, await answer.end()]).toEqual([413, refusal(-32000, message)]);
    });

    it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1', null])('D2: maxRequestBodySize %s is refused at once', value => {
        const Transport = shell === 'fetch' ? implementation.Web : implementation.Node;
        const message = `maxRequestBodySize must be a positive number of bytes, got ${value}`;
        expect(() => new Transport({ maxRequestBodySize: value as number })).toThrow(new RangeError(message));
    });

    it('D2: a batch holds at most 100 messages', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        const message = 'Invalid Request: Batch must not exceed 100 messages';
        expect((await endpoint.post(Array(100).fill(notification('n')), of)).status).toBe(202);
        expect(endpoint.received.length).toBe(100);
        expect(await whole(await endpoint.post(Array(101).fill(notification('n')), of))).toEqual(refused(shell, 400, -32600, message));
        expect(endpoint.errors).toEqual([message]);
    });

    it('D2: an empty batch is answered 202', async () => {
        const { endpoint, of } = await begun();
        expect((await endpoint.post([], of)).status).toBe(202);
        expect(endpoint.received).toEqual([]);
    });

    it('D2: a body that a middleware has parsed is used in place of the bytes, at any size', async () => {
        const { endpoint, of } = await begun();
        const send = (parsedBody: unknown) =>
            endpoint.fetch({ method: 'POST', headers: [...head, ...Object.entries(of)], body: '{', parsedBody });
        const text = 'x'.repeat(2000);
        expect(await (await send(request(1, 'echo', { text }))).end()).toBe(event(result(1, { text })));
        expect((await send([notification('n')])).status).toBe(202);
        expect(await whole(await send(null))).toEqual(refused(shell, 400, -32700, invalidMessage));
        expect(await whole(await send('{}'))).toEqual(refused(shell, 400, -32700, invalidMessage));
        expect(await whole(await send({ jsonrpc: '2.0', id: undefined, method: 'x' }))).toEqual(
            refused(shell, 400, -32700, invalidMessage)
        );
        const tooMany = 'Invalid Request: Batch must not exceed 100 messages';
        expect(await whole(await send(Array(101).fill(notification('n'))))).toEqual(refused(shell, 400, -32600, tooMany));
    });
});

describe.each(implementations)('bodies on a socket: $name', implementation => {
    it('D2: a declared length over the limit is refused before the body comes', async () => {
        const endpoint = await nodeEndpoint(implementation, { ...session, maxRequestBodySize: 1000 });
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'POST', headers: [...head, ['content-length', '1001']] }));
        const message = 'Payload Too Large: Request body must not exceed 1000 bytes';
        expect(await whole(await connection.answer())).toEqual(refused('node:http', 413, -32000, message));
        // The rest of the body is not waited for long.
        await connection.whenClosed;
    });

    it('D2: after a refusal whose body does come, the connection goes on', async () => {
        const endpoint = await nodeEndpoint(implementation, { ...session, maxRequestBodySize: 1000 });
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'POST', headers: [...head, ['content-length', '1001']] }) + 'x'.repeat(1001));
        expect((await whole(await connection.answer())).status).toBe(413);
        connection.write(headOf({ method: 'PUT', headers: [] }));
        expect((await whole(await connection.answer())).status).toBe(405);
    });

    it('D2: a chunked body is counted as it comes, and refused before its end', async () => {
        const endpoint = await nodeEndpoint(implementation, { ...session, maxRequestBodySize: 1000 });
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'POST', headers: [...head, ['transfer-encoding', 'chunked']] }));
        connection.write(`3e8\r\n${'x'.repeat(1000)}\r\n1\r\nx\r\n`);
        const message = 'Payload Too Large: Request body must not exceed 1000 bytes';
        expect(await whole(await connection.answer())).toEqual(refused('node:http', 413, -32000, message));
    });

    it('D2: a chunked body may come in pieces that cut characters', async () => {
        const endpoint = await nodeEndpoint(implementation, { ...session, enableJsonResponse: true });
        const of = await endpoint.begin();
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'POST', headers: [...head, ...Object.entries(of), ['transfer-encoding', 'chunked']] }));
        for (const byte of Buffer.from(JSON.stringify(request(1, 'echo', { a: '\u20ac\ud83d\ude00' })))) {
            connection.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]));
        }
        connection.write('0\r\n\r\n');
        const body = '{"jsonrpc":"2.0","id":1,"result":{"a":"\u20ac\ud83d\ude00"}}';
        expect(await whole(await connection.answer())).toEqual(json('node:http', 200, body, ['mcp-session-id: session-1']));
    });

    it('D2: a body that was read and not handed over is an empty one', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const handle = endpoint.transport.handleRequest.bind(endpoint.transport);
        endpoint.transport.handleRequest = async (req, res) => {
            for await (const _ of req) {
                // a middleware reads it all
            }
            return handle(req, res);
        };
        expect(await whole(await endpoint.post(initialize()))).toEqual(refused('node:http', 400, -32700, invalidJson));
    });

    it('D2: a client that goes away in mid-body leaves nothing behind', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const begun = new Promise(resolve => endpoint.server.prependListener('request', resolve));
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'POST', headers: [...head, ['content-length', '1000']] }) + '{');
        await begun;
        const settled = endpoint.whenHandled();
        connection.socket.destroy();
        await settled;
        expect(endpoint.errors).toEqual([invalidJson]);
        expect(endpoint.rejections).toEqual([]);
        expect((await endpoint.post(initialize())).status).toBe(200);
    });
});

describe.each(implementations)('bodies of a Request: $name', implementation => {
    const open = () => webEndpoint(implementation, { ...session, maxRequestBodySize: 1000 });
    const respond = (endpoint: ReturnType<typeof open>, body: ReadableStream) =>
        endpoint.transport.handleRequest(
            new Request('http://127.0.0.1/mcp', {
                method: 'POST',
                headers: [...head] as [string, string][],
                body,
                duplex: 'half'
            })
        );

    it('D2: a stream is counted as it comes, and refused before its end', async () => {
        const endpoint = open();
        const body = new ReadableStream({ start: controller => controller.enqueue(new Uint8Array(1001)) });
        expect((await respond(endpoint, body)).status).toBe(413);
    });

    it('D2: a stream that fails is answered as no JSON', async () => {
        const endpoint = open();
        const body = new ReadableStream({ start: controller => controller.error(new Error('broken')) });
        const response = await respond(endpoint, body);
        expect([response.status, await response.text()]).toEqual([400, refusal(-32700, invalidJson)]);
        expect(endpoint.errors).toEqual([invalidJson]);
    });
});
