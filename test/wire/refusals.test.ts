import { describe, expect, it } from 'vitest';
import { openEndpoint } from './support/endpoint.js';
import { empty, json, refused, whole } from './support/expected.js';
import { everywhere } from './support/implementations.js';
import { both, initialize, notification, refusal, request } from './support/messages.js';

const versions = '2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05, 2024-10-07';
const notFound = 'Session not found';
const uninitialized = 'Bad Request: Server not initialized';
const idRequired = 'Bad Request: Mcp-Session-Id header is required';

describe.each(everywhere)('refusals: %s on %s', (_, shell, implementation) => {
    const open = () => openEndpoint(implementation, shell);

    it.each([undefined, '', 'application/json', 'text/event-stream', '*/*', 'APPLICATION/JSON, TEXT/EVENT-STREAM'])(
        'D2: POST with Accept %j gets 406',
        async accept => {
            const endpoint = await open();
            const headers: [string, string][] = [['content-type', 'application/json']];
            if (accept !== undefined) {
                headers.push(['accept', accept]);
            }
            const answer = await endpoint.fetch({ method: 'POST', headers, body: JSON.stringify(initialize()) });
            const message = 'Not Acceptable: Client must accept both application/json and text/event-stream';
            expect(await whole(answer)).toEqual(refused(shell, 406, -32000, message));
            expect(endpoint.errors).toEqual([message]);
            expect(endpoint.received).toEqual([]);
        }
    );

    it.each([undefined, 'application/json', '*/*', 'text/*'])('D2: GET with Accept %j gets 406', async accept => {
        const endpoint = await open();
        const session = await endpoint.begin();
        const headers = Object.entries({ ...session, ...(accept !== undefined && { accept }) });
        const answer = await endpoint.fetch({ method: 'GET', headers });
        const message = 'Not Acceptable: Client must accept text/event-stream';
        expect(await whole(answer)).toEqual(refused(shell, 406, -32000, message));
        expect(endpoint.errors).toEqual([message]);
    });

    it.each([
        'application/json, text/event-stream',
        'text/event-stream;q=0.5,application/json',
        'application/jsonp, text/event-streams',
        'text/event-stream, application/json; q=0'
    ])('D2: POST with Accept %j is let in', async accept => {
        const endpoint = await open();
        expect((await endpoint.post(initialize(), { accept })).status).toBe(200);
    });

    it.each(['PUT', 'PATCH', 'OPTIONS', 'QUERY'])('D2: %s gets 405 with Allow', async method => {
        const endpoint = await open();
        const answer = await endpoint.fetch({ method, headers: [] });
        expect(await whole(answer)).toEqual(json(shell, 405, refusal(-32000, 'Method not allowed.'), ['allow: GET, POST, DELETE']));
        expect(endpoint.errors).toEqual(['Method not allowed.']);
    });

    it('D2: HEAD gets 405, and a client of node:http no body', async () => {
        const endpoint = await open();
        const body = refusal(-32000, 'Method not allowed.');
        const expected = json(shell, 405, body, ['allow: GET, POST, DELETE']);
        const answer = await endpoint.fetch({ method: 'HEAD', headers: [] });
        expect(await whole(answer)).toEqual({ ...expected, body: shell === 'fetch' ? body : '' });
    });

    describe('before initialize', () => {
        it('D2: POST, GET and DELETE get 400', async () => {
            const endpoint = await open();
            const expected = refused(shell, 400, -32000, uninitialized);
            expect(await whole(await endpoint.post(request(1)))).toEqual(expected);
            expect(await whole(await endpoint.post(notification(), { 'mcp-session-id': 'session-1' }))).toEqual(expected);
            expect(await whole(await endpoint.post([]))).toEqual(expected);
            expect(await whole(await endpoint.get())).toEqual(expected);
            expect(await whole(await endpoint.delete({ 'mcp-session-id': 'x' }))).toEqual(expected);
            expect(endpoint.errors).toEqual(Array(5).fill(uninitialized));
            expect(endpoint.received).toEqual([]);
        });

        it('D2: the protocol version is not looked at', async () => {
            const endpoint = await open();
            const answer = await endpoint.get({ 'mcp-protocol-version': '1999-01-01' });
            expect(await whole(answer)).toEqual(refused(shell, 400, -32000, uninitialized));
        });
    });

    describe.each(['POST', 'GET', 'DELETE'])('after initialize, on %s', method => {
        const send = async (headers: Record<string, string>) => {
            const endpoint = await open();
            await endpoint.begin();
            const named = { accept: both, 'content-type': 'application/json', ...headers };
            const body = method === 'POST' ? { body: JSON.stringify(request(1)) } : {};
            const answer = await whole(await endpoint.fetch({ method, headers: Object.entries(named), ...body }));
            expect(endpoint.received).toEqual([]);
            return { answer, errors: endpoint.errors };
        };

        it.each([{}, { 'mcp-session-id': '' }])('D2: a missing session id gets 400: %j', async headers => {
            const { answer, errors } = await send(headers);
            expect(answer).toEqual(refused(shell, 400, -32000, idRequired));
            expect(errors).toEqual([idRequired]);
        });

        it.each(['session-2', 'Session-1', 'session-1, session-1', 'session', '\u00e4'])(
            'D2: a wrong session id gets 404: %s',
            async sessionId => {
                const { answer, errors } = await send({ 'mcp-session-id': sessionId });
                expect(answer).toEqual(refused(shell, 404, -32001, notFound));
                expect(errors).toEqual([notFound]);
            }
        );

        it.each(['1999-01-01', '2026-07-28', '', 'x', '2025-06-18, 2025-06-18'])(
            'D2: an unsupported protocol version gets 400: %j',
            async version => {
                const { answer, errors } = await send({ 'mcp-session-id': 'session-1', 'mcp-protocol-version': version });
                const message = `Bad Request: Unsupported protocol version: ${version} (supported versions: ${versions})`;
                expect(answer).toEqual(refused(shell, 400, -32000, message));
                expect(errors).toEqual([message]);
            }
        );
    });

    it.each([undefined, ...versions.split(', ')])('D2: protocol version %s is served', async version => {
        const endpoint = await open();
        await endpoint.begin();
        const headers = { 'mcp-session-id': 'session-1', ...(version !== undefined && { 'mcp-protocol-version': version }) };
        expect((await endpoint.post(request(1, 'echo'), headers)).status).toBe(200);
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: a second initialize gets 400, whatever its headers', async () => {
        const endpoint = await open();
        const session = await endpoint.begin();
        const message = 'Invalid Request: Server already initialized';
        const expected = refused(shell, 400, -32600, message);
        expect(await whole(await endpoint.post(initialize()))).toEqual(expected);
        expect(await whole(await endpoint.post(initialize(), session))).toEqual(expected);
        expect(await whole(await endpoint.post([initialize(), request(1)], { 'mcp-session-id': 'other' }))).toEqual(expected);
        expect(endpoint.errors).toEqual([message, message, message]);
        expect(endpoint.received).toEqual([]);
    });

    it('D2: initialize is not accepted among other messages', async () => {
        const endpoint = await open();
        const message = 'Invalid Request: Only one initialization request is allowed';
        const expected = refused(shell, 400, -32600, message);
        expect(await whole(await endpoint.post([initialize(), initialize('2025-06-18', 1)]))).toEqual(expected);
        expect(await whole(await endpoint.post([notification(), initialize()]))).toEqual(expected);
        expect(endpoint.errors).toEqual([message, message]);
        expect(endpoint.received).toEqual([]);
        expect((await endpoint.post([initialize()])).status).toBe(200);
    });

    it('D2: a second GET gets 409', async () => {
        const endpoint = await open();
        const session = await endpoint.begin();
        await endpoint.get(session);
        const message = 'Conflict: Only one SSE stream is allowed per session';
        expect(await whole(await endpoint.get(session))).toEqual(refused(shell, 409, -32000, message));
        expect(endpoint.errors).toEqual([message]);
    });

    it('D2: a closed transport answers everything with 404', async () => {
        const endpoint = await open();
        const session = await endpoint.begin();
        await endpoint.transport.close();
        const expected = refused(shell, 404, -32001, notFound);
        expect(await whole(await endpoint.post(request(1), session))).toEqual(expected);
        expect(await whole(await endpoint.post(initialize()))).toEqual(expected);
        expect(await whole(await endpoint.post('{', { accept: 'x' }))).toEqual(expected);
        expect(await whole(await endpoint.get(session))).toEqual(expected);
        expect(await whole(await endpoint.delete(session))).toEqual(expected);
        expect(await whole(await endpoint.fetch({ method: 'PUT', headers: [] }))).toEqual(expected);
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: without a body, 200 and 202 say nothing of a type', async () => {
        const endpoint = await open();
        const session = await endpoint.begin();
        expect(await whole(await endpoint.post(notification(), session))).toEqual(empty(shell, 202));
        expect(await whole(await endpoint.delete(session))).toEqual(empty(shell, 200));
    });
});
