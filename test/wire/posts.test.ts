import { describe, expect, it } from 'vitest';
import { headOf, nodeEndpoint, openEndpoint, session } from './support/endpoint.js';
import { empty, json, streamHeaders, streamed, whole, wholeStream } from './support/expected.js';
import { everywhere, implementations } from './support/implementations.js';
import { both, event, log, notification, request, result } from './support/messages.js';

const ofSession = ['mcp-session-id: session-1'];
const asJson = { ...session, enableJsonResponse: true };

describe.each(everywhere)('POST: %s on %s', (_, shell, implementation) => {
    it.each([
        ['a notification', notification('n')],
        ['a response', result(7)],
        ['an error', { jsonrpc: '2.0', id: 7, error: { code: 1, message: 'x' } }],
        ['a batch of these', [notification('n'), result(7)]]
    ])('D2: %s is handed over before the 202', async (__, body) => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        expect(await whole(await endpoint.post(body, of))).toEqual(empty(shell, 202));
        expect(endpoint.received.map(({ message }) => message)).toEqual([body].flat());
    });

    it('D2, X10: messages for a request come on its stream, before its result, which ends it', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        const answer = await endpoint.post(request(1), of);
        await endpoint.send(log('a'), 1);
        await answer.until(text => text === event(log('a')));
        await endpoint.send({ jsonrpc: '2.0', id: 0, method: 'roots/list' }, 1);
        await endpoint.send(result(1, { text: 'line\nline' }));
        const body = event(log('a')) + event({ jsonrpc: '2.0', id: 0, method: 'roots/list' }) + event(result(1, { text: 'line\nline' }));
        expect(await wholeStream(answer)).toEqual(streamed(body, ofSession));
        expect(answer.complete).toBe(true);
    });

    it('D2: an error is a result too', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        const answer = await endpoint.post(request('x'), of);
        const error = { jsonrpc: '2.0' as const, id: 'x', error: { code: -32601, message: 'Method not found', data: null } };
        await endpoint.send(error);
        expect(await answer.end()).toBe(event(error));
    });

    it('D2: the answers to a batch come as they are ready, and the stream ends with the last', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        const answer = await endpoint.post([request(1), notification('n'), request('1'), result(9), request(2)], of);
        expect(endpoint.log).toEqual(['wait', 'n', 'wait', 9, 'wait']);
        await endpoint.send(result(2));
        await endpoint.send(log('of the string'), '1');
        await endpoint.send(result(1));
        await answer.until(text => text.endsWith(event(result(1))));
        expect(answer.ended).toBe(false);
        await endpoint.send(result('1'));
        const body = [result(2), log('of the string'), result(1), result('1')].map(message => event(message)).join('');
        expect(await wholeStream(answer)).toEqual(streamed(body, ofSession));
    });

    it('D2: JSON mode answers one request with an object', async () => {
        const endpoint = await openEndpoint(implementation, shell, asJson);
        const of = await endpoint.begin();
        const answer = await endpoint.post([request(1, 'echo', { a: '\u20ac' }), notification('n')], of);
        expect(await whole(answer)).toEqual(json(shell, 200, '{"jsonrpc":"2.0","id":1,"result":{"a":"\u20ac"}}', ofSession));
    });

    it('D2: JSON mode answers several requests with an array in the order of the batch', async () => {
        const endpoint = await openEndpoint(implementation, shell, asJson);
        const of = await endpoint.begin();
        const error = { jsonrpc: '2.0' as const, id: 'b', error: { code: 1, message: 'x' } };
        endpoint.serve = message => {
            if (message['id'] === 'c') {
                void endpoint.send(result('c')).then(() => endpoint.send(error));
                void endpoint.send(log('dropped'), 'c').then(() => endpoint.send(result(1)));
            }
            return undefined;
        };
        const answer = await endpoint.post([request(1), notification('n'), request('b'), request('c')], of);
        const body = JSON.stringify([result(1), error, result('c')]);
        expect(await whole(answer)).toEqual(json(shell, 200, body, ofSession));
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: JSON mode drops what is sent for a request before its result', async () => {
        const endpoint = await openEndpoint(implementation, shell, asJson);
        const of = await endpoint.begin();
        const pending = endpoint.post(request(1), of);
        const stream = await endpoint.get(of);
        await reached(endpoint.received, 1);
        await endpoint.send(log('dropped'), 1);
        await endpoint.send(result(1));
        expect(await (await pending).end()).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
        await endpoint.transport.close();
        expect(await stream.end()).toBe('');
    });

    it('D2: without a session JSON mode names none', async () => {
        const endpoint = await openEndpoint(implementation, shell, { enableJsonResponse: true });
        const body = '{"jsonrpc":"2.0","id":1,"result":{}}';
        expect(await whole(await endpoint.post(request(1, 'echo')))).toEqual(json(shell, 200, body));
    });

    it('D2: ids may be used again when their request is answered', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        for (const n of [1, 2, 3]) {
            expect(await (await endpoint.post(request(1, 'echo', { n }), of)).end()).toBe(event(result(1, { n })));
        }
    });

    it('D2: requests of several POSTs are answered each on its own stream, in any order', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        const answers = await Promise.all([1, 2, 3].map(id => endpoint.post(request(id), of)));
        for (const id of [3, 1, 2]) {
            await endpoint.send(result(id, { id }));
        }
        expect(await Promise.all(answers.map(answer => answer.end()))).toEqual([1, 2, 3].map(id => event(result(id, { id }))));
    });
});

describe.each(implementations)('POST on a socket: $name', implementation => {
    it('D2: one event that is there at once leaves with its length', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const of = await endpoint.begin();
        const answer = await endpoint.post(request(1, 'echo'), of);
        const body = event(result(1));
        expect((await whole(answer)).headers).toEqual([
            'cache-control: no-cache, no-transform',
            'connection: keep-alive',
            `content-length: ${body.length}`,
            'content-type: text/event-stream',
            'mcp-session-id: session-1',
            'x-accel-buffering: no'
        ]);
    });

    it('D2: a stream that goes on is chunked', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const of = await endpoint.begin();
        const chunked = [...streamHeaders(ofSession).slice(0, 4), 'Transfer-Encoding: chunked', 'x-accel-buffering: no'];
        expect((await endpoint.post(request(1), of)).headers).toEqual(chunked);
        expect((await endpoint.get(of)).headers).toEqual(chunked);
    });

    it('D2: requests follow each other on one connection', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const of = await endpoint.begin();
        const connection = await endpoint.connect();
        const headers = [['accept', both] as const, ['content-type', 'application/json'] as const, ...Object.entries(of)];
        const send = (message: unknown) => {
            const body = JSON.stringify(message);
            connection.write(headOf({ method: 'POST', headers, body }) + body);
        };
        send(request(1, 'echo'));
        expect(await (await connection.answer()).end()).toBe(event(result(1)));
        send(notification('n'));
        expect((await whole(await connection.answer())).status).toBe(202);
        send(request(2, 'echo'));
        send(request(3, 'echo'));
        expect(await (await connection.answer()).end()).toBe(event(result(2)));
        expect(await (await connection.answer()).end()).toBe(event(result(3)));
    });

    it('D2: handleRequest resolves when the answer has been handed over', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const of = await endpoint.begin();
        const answer = await endpoint.post(request(1), of);
        let handled = false;
        const handling = endpoint.whenHandled().then(() => (handled = true));
        await endpoint.send(log('a'), 1);
        await answer.until(text => text !== '');
        expect(handled).toBe(false);
        await endpoint.send(result(1));
        await handling;
        await endpoint.get(of).then(stream => stream.disconnect());
        await endpoint.whenHandled();
    });
});

async function reached(list: readonly unknown[], length: number): Promise<void> {
    while (list.length < length) {
        await new Promise(resolve => setImmediate(resolve));
    }
}
