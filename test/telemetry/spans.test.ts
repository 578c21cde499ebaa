import { randomUUID } from 'node:crypto';
import * as api from '@opentelemetry/api';
import { createMemoryBackend, WebStreamableHttpTransport } from '@mcp-sessions/core';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { describe, expect, it, vi } from 'vitest';
import { WireStream } from '../cluster/support/wireStream.js';
import { initialize, request } from '../handler/support/requests.js';
import { buildServer, canaries, connect, serve, startHandler } from './support/measuredNode.js';
import { useOpenTelemetry } from './support/openTelemetry.js';

const telemetry = useOpenTelemetry();
const client = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${client.traceId}-${client.spanId}-01`;
const over = { 'network.transport': 'tcp', 'network.protocol.name': 'http', 'mcp.protocol.version': '2025-11-25' };

describe('spans', () => {
    it('O1: of a client that begins, lists and calls have the names and attributes of the conventions', async () => {
        const { url } = await startHandler();
        const official = await connect(url);
        await official.listTools();
        await official.callTool({ name: 'add', arguments: { a: 1, b: 2 } });
        await vi.waitFor(() => expect(telemetry.spans.map(({ name }) => name)).toContain('notifications/initialized'));
        const fingerprint = { 'mcp_sessions.session.fingerprint': expect.stringMatching(/^[\w-]{8}$/) as string };
        const seen = (name: string) => {
            const [span] = telemetry.named(name);
            expect(span?.kind, name).toBe(api.SpanKind.SERVER);
            expect(span?.status.code, name).toBe(api.SpanStatusCode.UNSET);
            return span?.attributes;
        };
        expect(seen('initialize')).toEqual({ ...over, ...fingerprint, 'mcp.method.name': 'initialize' });
        expect(seen('notifications/initialized')).toEqual({ ...over, ...fingerprint, 'mcp.method.name': 'notifications/initialized' });
        expect(seen('tools/list')).toEqual({ ...over, ...fingerprint, 'mcp.method.name': 'tools/list' });
        expect(seen('tools/call add')).toEqual({
            ...{ ...over, ...fingerprint, 'mcp.method.name': 'tools/call' },
            ...{ 'gen_ai.tool.name': 'add', 'gen_ai.operation.name': 'execute_tool' }
        });
    });

    it('O1: of a tool are under the span of its call, also after it has waited', async () => {
        const { url } = await startHandler();
        const official = await connect(url);
        for (const name of ['add', 'later']) {
            telemetry.forgetSpans();
            await official.callTool({ name, arguments: { a: 1, b: 2 } });
            const [call] = telemetry.named(`tools/call ${name}`);
            const [sum] = telemetry.named('sum');
            expect(sum?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
        }
    });

    it('O1: of calls that run at the same time each have their own', async () => {
        const { url } = await startHandler();
        const official = await connect(url);
        await Promise.all(Array.from({ length: 5 }, () => official.callTool({ name: 'later' })));
        const calls = telemetry.named('tools/call later').map(span => span.spanContext().spanId);
        expect(new Set(telemetry.named('sum').map(span => span.parentSpanContext?.spanId))).toEqual(new Set(calls));
        expect(calls).toHaveLength(5);
    });

    it('O1: go on with the trace that `_meta` names, and link the span of the HTTP request', async () => {
        const { handler } = await startHandler();
        const tracer = api.trace.getTracer('http');
        const url = await serve(
            (req, res) => void tracer.startActiveSpan('POST', span => handler.node(req, res).finally(() => span.end()))
        );
        const id = await initialize(url);
        telemetry.forgetSpans();
        await request(url, id, 'tools/call', { name: 'add', arguments: { a: 1, b: 2 }, _meta: { traceparent } });
        await vi.waitFor(() => expect(telemetry.named('POST')).toHaveLength(1));
        const [call] = telemetry.named('tools/call add');
        const [http] = telemetry.named('POST');
        expect(call?.parentSpanContext).toMatchObject({ ...client, isRemote: true });
        expect(call?.links.map(({ context }) => context.spanId)).toEqual([http?.spanContext().spanId]);
        const [sum] = telemetry.named('sum');
        expect(sum?.spanContext().traceId).toBe(client.traceId);

        telemetry.forgetSpans();
        await request(url, id, 'tools/call', { name: 'add', arguments: { a: 1, b: 2 }, _meta: { traceparent: 'nonsense' } });
        await vi.waitFor(() => expect(telemetry.named('POST')).toHaveLength(1));
        const [under] = telemetry.named('tools/call add');
        expect(under?.parentSpanContext?.spanId).toBe(telemetry.named('POST')[0]?.spanContext().spanId);
        expect(under?.links).toEqual([]);
    });

    it('O1: go on with the trace that the HTTP headers name, where nobody has begun a span for the request', async () => {
        const { url } = await startHandler();
        const id = await initialize(url);
        await request(url, id, 'tools/list', {}, { traceparent });
        expect(telemetry.named('tools/list')[0]?.parentSpanContext).toMatchObject(client);
    });

    it('O1: tell of failures: of a tool, of the protocol, and of a session that there is not', async () => {
        const { url } = await startHandler();
        const official = await connect(url);
        await official.listTools();
        await official.callTool({ name: 'fail', arguments: { value: 'x' } });
        await official
            .request({ method: 'resources/list' }, (await import('@modelcontextprotocol/sdk/types.js')).ResultSchema)
            .catch(() => 0);
        await request(url, 'unknown', 'tools/call', { name: 'add' });
        const failure = (name: string, index = 0) => {
            const span = telemetry.named(name)[index];
            expect(span?.status).toEqual({ code: api.SpanStatusCode.ERROR });
            return [span?.attributes['error.type'], span?.attributes['rpc.response.status_code']];
        };
        expect(failure('tools/call fail')).toEqual(['tool_error', undefined]);
        expect(failure('resources/list')).toEqual(['-32601', '-32601']);
        expect(failure('tools/call add')).toEqual(['404', undefined]);
    });

    it('O1, X3: of a call that is cancelled ends with the cancellation', async () => {
        const aborted = vi.fn();
        const { url } = await startHandler({}, aborted);
        const official = await connect(url);
        const controller = new AbortController();
        const call = official.callTool({ name: 'forever' }, undefined, { signal: controller.signal });
        await vi.waitFor(async () => expect(await telemetry.count('mcp_sessions.stream.open', { 'http.request.method': 'POST' })).toBe(1));
        controller.abort();
        await expect(call).rejects.toThrow();
        await vi.waitFor(() => expect(aborted).toHaveBeenCalled(), 5000);
        const [span] = telemetry.spans.filter(({ attributes }) => attributes['error.type'] === 'cancelled');
        expect(span?.attributes).toMatchObject({ 'mcp.method.name': 'tools/call' });
    });

    it('B1: of calls that never end are ended with what holds their session', async () => {
        const { url, handler } = await startHandler();
        const id = await initialize(url);
        telemetry.forgetSpans();
        const calls = [1, 2, 3].map(() => request(url, id, 'tools/call', { name: 'forever' }).catch(() => undefined));
        await vi.waitFor(async () => expect(await telemetry.count('mcp_sessions.stream.open', { 'http.request.method': 'POST' })).toBe(3));
        expect(telemetry.spans).toEqual([]);
        await handler.close();
        expect(telemetry.spans.map(({ attributes }) => attributes['error.type'])).toEqual(['closed', 'closed', 'closed']);
        await Promise.all(calls);
    });

    it('of a batch: each message has its own', async () => {
        const { url } = await startHandler();
        const id = await initialize(url);
        telemetry.forgetSpans();
        const call = (name: string, callId: number) => ({
            ...{ jsonrpc: '2.0', id: callId, method: 'tools/call' },
            params: { name, arguments: { a: 1, b: 2 } }
        });
        const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': id },
            body: JSON.stringify([call('add', 1), call('later', 2), { jsonrpc: '2.0', method: 'notifications/initialized' }])
        });
        await response.text();
        expect(telemetry.spans.map(({ name }) => name).sort()).toEqual([
            ...['notifications/initialized', 'sum', 'sum', 'tools/call add', 'tools/call later']
        ]);
        const idOf = (name: string) => telemetry.named(name)[0]?.spanContext().spanId;
        expect(telemetry.named('sum').map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
            ...[idOf('tools/call add'), idOf('tools/call later')]
        ]);
    });
});

describe('spans of two nodes', () => {
    async function startPair() {
        const backend = createMemoryBackend();
        const first = await startHandler({ backend });
        const second = await startHandler({ backend: createMemoryBackend({ shareWith: backend }) });
        return [first, second] as const;
    }

    it('O1, S5: a session is taken over within the request that needed it', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        telemetry.forgetSpans();
        await request(second.url, id, 'tools/list');
        const [list] = telemetry.named('tools/list');
        const [restore] = telemetry.named('mcp_sessions.restore');
        expect(restore?.parentSpanContext?.spanId).toBe(list?.spanContext().spanId);
        expect(restore?.attributes).toEqual({
            'mcp_sessions.session.fingerprint': list?.attributes['mcp_sessions.session.fingerprint']
        });
        expect(telemetry.spans).toHaveLength(2);
    });

    it('O1, X1: an answer that goes to another node says what became of it, and the call goes on in its trace', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        const headers = {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': id,
            'mcp-protocol-version': '2025-11-25'
        };
        const call = await WireStream.open(first.url, {
            method: 'POST',
            headers,
            body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'ask', arguments: {} } })
        });
        const question = await call.next();
        const answer = { jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: {} } };
        const accepted = await fetch(second.url, { method: 'POST', headers, body: JSON.stringify(answer) });
        expect(accepted.status).toBe(202);
        await vi.waitFor(() => expect(telemetry.named('tools/call ask')).toHaveLength(1), 5000);
        call.abort();
        const [route] = telemetry.named('mcp_sessions.route_answer');
        const [ask] = telemetry.named('tools/call ask');
        expect(route?.attributes).toEqual({
            'mcp_sessions.answer.outcome': 'delivered',
            'mcp_sessions.session.fingerprint': ask?.attributes['mcp_sessions.session.fingerprint']
        });
        expect(telemetry.named('answered')[0]?.parentSpanContext?.spanId).toBe(ask?.spanContext().spanId);
    });
});

describe('plain transports', () => {
    it('D2: are measured in memory mode, too, and not with `telemetry: false`', async () => {
        for (const option of [undefined, false] as const) {
            telemetry.forgetSpans();
            const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), telemetry: option });
            await buildServer().connect(transport);
            const url = await serve((req, res) => void transport.handleRequest(req, res));
            const official = await connect(url);
            await official.callTool({ name: 'add', arguments: { a: 1, b: 2 } });
            expect(telemetry.named('tools/call add')).toHaveLength(option === false ? 0 : 1);
            expect(telemetry.named('sum')[0]?.parentSpanContext === undefined).toBe(option === false);
        }
    });

    it('are measured on the fetch API', async () => {
        const transport = new WebStreamableHttpTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
        await buildServer().connect(transport);
        const response = await transport.handleRequest(
            new Request('http://localhost/mcp', {
                method: 'POST',
                headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', traceparent },
                body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'later' } })
            })
        );
        expect(response.status).toBe(200);
        const [call] = telemetry.named('tools/call later');
        expect(call?.attributes).not.toHaveProperty('mcp_sessions.session.fingerprint');
        expect(call?.parentSpanContext).toMatchObject(client);
    });
});

it('O2, P4: nothing that is exported has an id, a token, an argument, a result, or a name that the client made up', async () => {
    const backend = createMemoryBackend();
    const first = await startHandler({ backend });
    const second = await startHandler({ backend: createMemoryBackend({ shareWith: backend }) });
    const authorization = { authorization: `Bearer ${canaries.token}` };
    const id = await initialize(first.url, authorization);
    const call = (url: string, method: string, params: object) => request(url, id, method, params, authorization);
    for (const { url } of [first, second]) {
        await call(url, 'tools/call', { name: 'echo', arguments: { value: canaries.argument } });
        await call(url, 'tools/call', { name: 'fail', arguments: { value: canaries.argument } });
        await call(url, 'tools/call', { name: canaries.tool, arguments: {} });
        await call(url, canaries.method, {});
        await call(url, 'resources/read', { uri: canaries.uri });
        await call(url, 'notifications/progress', { progressToken: canaries.requestId, progress: 1 });
    }
    await request(first.url, 'canary-session', 'tools/list');
    await fetch(first.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': id },
        body: JSON.stringify({ jsonrpc: '2.0', id: canaries.requestId, method: 'tools/list' })
    }).then(response => response.text());
    await fetch(second.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
    const dump = await telemetry.dump();
    expect(dump).toContain('tools/call echo');
    expect(dump).toContain('"mcp.method.name":"_OTHER"');
    expect(dump).not.toContain(id);
    expect(dump).not.toContain('canary');
});
