import { describe, expect, it } from 'vitest';
import { nodeEndpoint, openEndpoint, session, webEndpoint } from './support/endpoint.js';
import { empty, json, refused, streamed, whole, wholeStream } from './support/expected.js';
import { everywhere, implementations } from './support/implementations.js';
import { event, initialize, notification, request, result } from './support/messages.js';

const answered = (id: unknown) => result(id, { protocolVersion: '2025-11-25' });

describe.each(everywhere)('a session: %s on %s', (_, shell, implementation) => {
    it('D2: initialize is answered with the session id, as an event', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        expect(endpoint.transport.sessionId).toBeUndefined();
        const answer = await wholeStream(await endpoint.post(initialize()));
        expect(answer).toEqual(streamed(event(answered(0)), ['mcp-session-id: session-1']));
        expect(endpoint.transport.sessionId).toBe('session-1');
        expect(endpoint.received.map(({ message }) => message)).toEqual([initialize()]);
    });

    it('D2: initialize is answered with the session id, as JSON', async () => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, enableJsonResponse: true });
        const body = '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}';
        expect(await whole(await endpoint.post(initialize()))).toEqual(json(shell, 200, body, ['mcp-session-id: session-1']));
    });

    it('D2: initialize in a batch of one is answered as an object', async () => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, enableJsonResponse: true });
        const body = '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}';
        expect(await (await endpoint.post([initialize()])).end()).toBe(body);
    });

    it.each([0, -1, 2 ** 53 - 1, '', 'text', '\u20ac'])('D2: the id %j comes back as it is', async id => {
        const endpoint = await openEndpoint(implementation, shell);
        expect(await (await endpoint.post(initialize('2025-06-18', id))).end()).toBe(event(answered(id)));
    });

    it('D2: members that initialize does not need reach the server', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const message = initialize();
        const params = {
            ...(message['params'] as object),
            extra: [1],
            capabilities: { experimental: { a: {} }, custom: { b: 1 }, sampling: {} },
            clientInfo: { name: 'client', version: '1', title: 'Client', extra: true },
            _meta: { progressToken: 7, extra: 'x' }
        };
        expect((await endpoint.post({ ...message, params })).status).toBe(200);
        expect(endpoint.received.map(received => received.message)).toEqual([{ ...message, params }]);
    });

    it.each([
        ['no params', {}],
        ['no clientInfo', { params: { protocolVersion: '2025-06-18', capabilities: {} } }],
        ['no version of the client', { params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c' } } }],
        ['no capabilities', { params: { protocolVersion: '2025-06-18', clientInfo: { name: 'c', version: '1' } } }],
        ['a version that is a number', { params: { protocolVersion: 1, capabilities: {}, clientInfo: { name: 'c', version: '1' } } }]
    ])('D2: a malformed initialize begins nothing: %s', async (__, members) => {
        const endpoint = await openEndpoint(implementation, shell);
        const answer = await endpoint.post({ jsonrpc: '2.0', id: 0, method: 'initialize', ...members });
        expect(await whole(answer)).toEqual(refused(shell, 400, -32000, 'Bad Request: Server not initialized'));
        expect(endpoint.transport.sessionId).toBeUndefined();
        const of = await endpoint.begin();
        expect((await endpoint.post({ jsonrpc: '2.0', id: 0, method: 'initialize', ...members }, of)).status).toBe(200);
        expect(endpoint.log).toEqual(['initialize']);
    });

    it('D2: initialize without an id begins the session too', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const { id: __, ...message } = initialize();
        expect(await whole(await endpoint.post(message))).toEqual(empty(shell, 202));
        expect(endpoint.transport.sessionId).toBe('session-1');
        expect(endpoint.log).toEqual(['initialize']);
    });

    it('D2: the protocol version and the session id that initialize carries are not looked at', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const answer = await endpoint.post(initialize('1999-01-01'), { 'mcp-session-id': 'other', 'mcp-protocol-version': 'x' });
        expect(answer.status).toBe(200);
        expect(answer.header('mcp-session-id')).toBe('session-1');
    });

    it('D2: onsessioninitialized is awaited before the server gets initialize', async () => {
        const order: string[] = [];
        const endpoint = await openEndpoint(implementation, shell, {
            ...session,
            onsessioninitialized: async id => {
                order.push(`begins ${id}`);
                await new Promise(resolve => setImmediate(resolve));
                order.push(`begun ${id}`);
            }
        });
        const { serve } = endpoint;
        endpoint.serve = message => {
            order.push(`served ${endpoint.transport.sessionId}`);
            return serve(message);
        };
        await endpoint.post(initialize());
        expect(order).toEqual(['begins session-1', 'begun session-1', 'served session-1']);
    });

    it('D2: DELETE ends the session once, without Accept, and closes the transport', async () => {
        const closed: unknown[] = [];
        const endpoint = await openEndpoint(implementation, shell, { ...session, onsessionclosed: id => void closed.push(id) });
        const of = await endpoint.begin();
        const stream = await endpoint.get(of);
        expect(await whole(await endpoint.delete(of))).toEqual(empty(shell, 200));
        expect(await stream.end()).toBe('');
        expect(stream.complete).toBe(true);
        expect(closed).toEqual(['session-1']);
        expect(endpoint.closes).toBe(1);
        expect(endpoint.transport.sessionId).toBe('session-1');
        expect(await whole(await endpoint.delete(of))).toEqual(refused(shell, 404, -32001, 'Session not found'));
        expect(await whole(await endpoint.post(initialize()))).toEqual(refused(shell, 404, -32001, 'Session not found'));
        expect(closed).toEqual(['session-1']);
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: DELETE waits for onsessionclosed', async () => {
        let end!: () => void;
        let asked!: () => void;
        const whenAsked = new Promise<void>(resolve => (asked = resolve));
        const onsessionclosed = () => {
            asked();
            return new Promise<void>(resolve => (end = resolve));
        };
        const endpoint = await openEndpoint(implementation, shell, { ...session, onsessionclosed });
        const of = await endpoint.begin();
        const ending = endpoint.delete(of);
        await whenAsked;
        expect((await endpoint.post(request(1, 'echo'), of)).status).toBe(200);
        expect(endpoint.closes).toBe(0);
        end();
        expect((await ending).status).toBe(200);
        expect(endpoint.closes).toBe(1);
    });

    it('D2: a refused DELETE ends nothing', async () => {
        const closed: unknown[] = [];
        const endpoint = await openEndpoint(implementation, shell, { ...session, onsessionclosed: id => void closed.push(id) });
        const of = await endpoint.begin();
        expect((await endpoint.delete({ ...of, 'mcp-session-id': 'x' })).status).toBe(404);
        expect((await endpoint.delete({ ...of, 'mcp-protocol-version': 'x' })).status).toBe(400);
        expect(closed).toEqual([]);
        expect(endpoint.closes).toBe(0);
        expect((await endpoint.post(request(1, 'echo'), of)).status).toBe(200);
    });

    it('D2: close() calls onclose once, and onsessionclosed not at all', async () => {
        const closed: unknown[] = [];
        const endpoint = await openEndpoint(implementation, shell, { ...session, onsessionclosed: id => void closed.push(id) });
        const of = await endpoint.begin();
        const stream = await endpoint.get(of);
        const call = await endpoint.post(request(1), of);
        await endpoint.transport.close();
        await endpoint.transport.close();
        expect([await stream.end(), stream.complete]).toEqual(['', true]);
        expect([await call.end(), call.complete]).toEqual(['', true]);
        expect(endpoint.closes).toBe(1);
        expect(closed).toEqual([]);
    });

    it('D2: it starts once', async () => {
        const { transport } = await openEndpoint(implementation, shell);
        await transport.start();
        await expect(transport.start()).rejects.toThrow(new Error('Transport already started'));
    });

    it('D2: it serves without start()', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        expect((await endpoint.post(notification(), of)).status).toBe(202);
    });

    it('D2: requests that come before anybody listens are taken in', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        delete endpoint.transport.onmessage;
        delete endpoint.transport.onerror;
        expect((await endpoint.post(notification(), of)).status).toBe(202);
        expect((await endpoint.post('{', of)).status).toBe(400);
    });
});

describe.each(everywhere)('no session: %s on %s', (_, shell, implementation) => {
    it.each([
        ['tools/call', request(1, 'echo', { a: 1 }), { 'mcp-session-id': 'any' }, event(result(1, { a: 1 }))],
        ['initialize', initialize(), {}, event(answered(0))],
        ['a batch', [request(1, 'echo'), notification('n')], {}, event(result(1))]
    ])('D2: %s is answered without a session id', async (__, body, headers, expected) => {
        const endpoint = await openEndpoint(implementation, shell, {});
        expect(await wholeStream(await endpoint.post(body, headers))).toEqual(streamed(expected));
        expect(endpoint.transport.sessionId).toBeUndefined();
    });

    it('D2: GET and DELETE need no session', async () => {
        const getting = await openEndpoint(implementation, shell, { sessionIdGenerator: undefined as never });
        expect((await getting.get()).header('content-type')).toBe('text/event-stream');
        const deleting = await openEndpoint(implementation, shell, {});
        expect(await whole(await deleting.delete())).toEqual(empty(shell, 200));
        expect(deleting.closes).toBe(1);
    });

    it('D2: an unsupported protocol version gets 400', async () => {
        const endpoint = await openEndpoint(implementation, shell, {});
        expect((await endpoint.post(notification(), { 'mcp-protocol-version': 'x' })).status).toBe(400);
    });

    it('D2: several members of initialize get 400', async () => {
        const endpoint = await openEndpoint(implementation, shell, {});
        const message = 'Invalid Request: Only one initialization request is allowed';
        expect(await whole(await endpoint.post([initialize(), request(1)]))).toEqual(refused(shell, 400, -32600, message));
    });

    it('D2: DELETE hands onsessionclosed undefined', async () => {
        const closed: unknown[] = [];
        const endpoint = await openEndpoint(implementation, shell, { onsessionclosed: id => void closed.push(id) });
        await endpoint.delete();
        expect(closed).toEqual([undefined]);
    });

    it('D2: after close() it is 404 and no reuse', async () => {
        const endpoint = await openEndpoint(implementation, shell, {});
        await endpoint.post(request(1, 'echo'));
        await endpoint.transport.close();
        expect((await endpoint.post(request(1, 'echo'))).status).toBe(404);
    });
});

describe.each(implementations)('reuse without a session: $name', implementation => {
    it('D2: the second request gets 500 and no body on node:http, whatever the first one was', async () => {
        const endpoint = await nodeEndpoint(implementation, {});
        expect((await endpoint.fetch({ method: 'PUT', headers: [] })).status).toBe(405);
        expect(await whole(await endpoint.post(request(1, 'echo')))).toEqual(empty('node:http', 500));
        expect(endpoint.rejections).toEqual([]);
        expect(endpoint.received).toEqual([]);
    });

    it('D2: the second request rejects on the fetch API', async () => {
        const endpoint = webEndpoint(implementation, {});
        await endpoint.post('{');
        const message = 'Stateless transport cannot be reused across requests. Create a new transport per request.';
        await expect(endpoint.post(request(1, 'echo'))).rejects.toThrow(new Error(message));
        await expect(endpoint.get()).rejects.toThrow(new Error(message));
        expect(endpoint.received).toEqual([]);
    });
});
