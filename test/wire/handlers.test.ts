import express from 'express';
import type { RequestInfo } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { nodeEndpoint, openEndpoint, session, webEndpoint } from './support/endpoint.js';
import { everywhere, implementations } from './support/implementations.js';
import { both, event, initialize, notification, request, result } from './support/messages.js';
import { GatedEventStore } from './support/gatedEventStore.js';

const auth = { token: 't', clientId: 'c', scopes: ['s'], extra: { a: 1 } };

describe.each(everywhere)('what handlers learn: %s on %s', (_, shell, implementation) => {
    const begun = async (options = {}, version?: string) => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, ...options });
        return { endpoint, of: await endpoint.begin(version) };
    };
    const typed = { accept: both, 'content-type': 'application/json' };

    it.each([
        ['a request', request(1, 'echo')],
        ['a notification', notification('n')],
        ['a response', result(7)]
    ])('D2: %s comes with who sent it', async (__, body) => {
        const { endpoint, of } = await begun();
        const headers = Object.entries({ ...typed, ...of });
        await endpoint.fetch({ method: 'POST', headers, body: JSON.stringify(body), auth });
        expect(endpoint.received[0]?.extra?.authInfo).toBe(auth);
        await endpoint.post(body, of);
        expect(endpoint.received[1]?.extra?.authInfo).toBeUndefined();
    });

    it('D2: all members of a batch come with the same', async () => {
        const { endpoint, of } = await begun();
        const body = JSON.stringify([request(1, 'echo'), notification('n')]);
        await endpoint.fetch({ method: 'POST', headers: Object.entries({ ...typed, ...of }), body, auth });
        const [first, second] = endpoint.received.map(({ extra }) => extra);
        expect(first?.authInfo).toBe(auth);
        expect(second?.authInfo).toBe(auth);
        expect(first?.requestInfo).toBe(second?.requestInfo);
    });

    it('D2: requestInfo holds the headers and the URL', async () => {
        const { endpoint, of } = await begun();
        const sent = { ...typed, ...of, host: 'mcp.example:8080', 'X-Custom': 'A b', cookie: 'a=1; b=2' };
        const body = JSON.stringify(notification('n'));
        await endpoint.fetch({ method: 'POST', headers: Object.entries(sent), body, target: '/mcp/x?a=1&b=%20#' });
        const { headers, url } = endpoint.received[0]?.extra?.requestInfo as RequestInfo;
        const { 'content-length': length, ...others } = headers;
        expect(length).toBe(shell === 'fetch' ? undefined : String(body.length));
        expect(others).toEqual({
            accept: 'application/json, text/event-stream',
            'content-type': 'application/json',
            cookie: 'a=1; b=2',
            host: 'mcp.example:8080',
            'mcp-protocol-version': '2025-06-18',
            'mcp-session-id': 'session-1',
            'x-custom': 'A b'
        });
        expect(url).toBeInstanceOf(URL);
        expect(url?.href).toBe(shell === 'fetch' ? 'http://127.0.0.1/mcp/x?a=1&b=%20#' : 'http://mcp.example:8080/mcp/x?a=1&b=%20#');
    });

    it('D2: repeated headers are joined', async () => {
        const { endpoint, of } = await begun();
        const headers: [string, string][] = [
            ...Object.entries({ ...typed, ...of }),
            ['x-a', '1'],
            ['X-A', '2'],
            ['cookie', 'a=1'],
            ['cookie', 'b=2']
        ];
        await endpoint.fetch({ method: 'POST', headers, body: JSON.stringify(notification('n')) });
        expect(endpoint.received[0]?.extra?.requestInfo?.headers).toMatchObject({ 'x-a': '1, 2', cookie: 'a=1; b=2' });
    });

    it('D2: requestInfo can be copied, compared and written as JSON', async () => {
        const { endpoint, of } = await begun();
        await endpoint.post(notification('n'), of);
        const info = endpoint.received[0]?.extra?.requestInfo as RequestInfo;
        expect(Object.keys(info)).toEqual(['headers', 'url']);
        expect({ ...info }.url?.href).toBe(info.url?.href);
        const parsed = JSON.parse(JSON.stringify(info)) as { headers: Record<string, string>; url: string };
        expect([parsed.url, parsed.headers['accept']]).toEqual(['http://127.0.0.1/mcp', both]);
    });

    describe('closing streams from a handler', () => {
        const keys = ['closeSSEStream', 'closeStandaloneSSEStream'] as const;
        const offered = (extra: object | undefined) => keys.map(key => typeof (extra as Record<string, unknown> | undefined)?.[key]);

        it.each([
            ['with a store', true, false, '2025-11-25', 'function'],
            ['with a store, for an older client', true, false, '2025-06-18', 'undefined'],
            ['without a store', false, false, '2025-11-25', 'undefined'],
            ['in JSON mode', true, true, '2025-11-25', 'undefined']
        ])('D2: is offered %s: %s %s %s %s', async (__, withStore, enableJsonResponse, version, expected) => {
            const options = { enableJsonResponse, ...(withStore && { eventStore: new GatedEventStore() }) };
            const { endpoint, of } = await begun(options, version);
            await (await endpoint.post([request(1, 'echo'), notification('n')], of)).end();
            expect(endpoint.received.map(({ extra }) => offered(extra))).toEqual([
                [expected, expected],
                ['undefined', 'undefined']
            ]);
        });

        it('D2: is offered to initialize by the version in its params', async () => {
            const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: new GatedEventStore() });
            await (await endpoint.post(initialize('2025-11-25'), { 'mcp-protocol-version': '2025-06-18' })).end();
            expect(offered(endpoint.received[0]?.extra)).toEqual(['function', 'function']);
        });

        it('D2: goes by the header alone later, and by 2025-03-26 without one', async () => {
            const { endpoint, of } = await begun({ eventStore: new GatedEventStore() }, '2025-11-25');
            await (await endpoint.post(request(1, 'echo'), { 'mcp-session-id': of['mcp-session-id'] ?? '' })).end();
            expect(offered(endpoint.received[0]?.extra)).toEqual(['undefined', 'undefined']);
        });

        it('D2: ends the stream of the request, or the standalone one', async () => {
            const { endpoint, of } = await begun({ eventStore: new GatedEventStore() }, '2025-11-25');
            const standalone = await endpoint.get(of);
            const first = await endpoint.post(request(1), of);
            const second = await endpoint.post(request(2), of);
            const { extra } = endpoint.received[0] ?? {};
            extra?.closeSSEStream?.();
            expect([await first.end(), first.complete]).toEqual(['id: e3\ndata: \n\n', true]);
            extra?.closeStandaloneSSEStream?.();
            expect([await standalone.end(), standalone.complete]).toEqual(['', true]);
            expect(second.ended).toBe(false);
            // Both may be called again.
            extra?.closeSSEStream?.();
            extra?.closeStandaloneSSEStream?.();
            expect((await endpoint.get(of)).status).toBe(200);
        });
    });
});

describe.each(implementations)('under Express: $name', implementation => {
    it('D2: a parsed body and req.auth arrive', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const app = express();
        app.use(express.json());
        app.use((req, __, next) => {
            (req as { auth?: unknown }).auth = auth;
            next();
        });
        app.all('/base/mcp', (req, res) => endpoint.transport.handleRequest(req, res, req.body));
        endpoint.server.removeAllListeners('request').on('request', app as never);
        const post = (body: unknown, headers = {}) =>
            endpoint.fetch({
                method: 'POST',
                headers: Object.entries({ accept: both, 'content-type': 'application/json', ...headers }),
                body: JSON.stringify(body),
                target: '/base/mcp?x=1'
            });
        expect((await post(initialize())).status).toBe(200);
        const answer = await post(request(1, 'echo', { a: 1 }), { 'mcp-session-id': 'session-1' });
        expect(await answer.end()).toBe(event(result(1, { a: 1 })));
        expect(endpoint.received[1]?.extra?.authInfo).toBe(auth);
        expect(endpoint.received[1]?.extra?.requestInfo?.url?.href).toBe('http://127.0.0.1/base/mcp?x=1');
        // express.json() leaves an unparsed body as undefined, or as {} in older versions.
        expect((await endpoint.fetch({ method: 'GET', headers: [['accept', both]], target: '/base/mcp' })).status).toBe(400);
    });
});

describe.each(implementations)('on the fetch API: $name', implementation => {
    it('D2: req.auth is not looked at', async () => {
        const endpoint = webEndpoint(implementation);
        const headers = { accept: both, 'content-type': 'application/json' };
        const sent = new Request('https://mcp.example/mcp', { method: 'POST', headers, body: JSON.stringify(initialize()) });
        await endpoint.transport.handleRequest(Object.assign(sent, { auth }));
        expect(endpoint.received[0]?.extra?.authInfo).toBeUndefined();
        expect(endpoint.received[0]?.extra?.requestInfo?.url?.href).toBe('https://mcp.example/mcp');
    });
});
