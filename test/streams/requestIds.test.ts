import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { WebStandardStreamableHTTPServerTransport } from '../../packages/sdk/src/server/webStandardStreamableHttp.js';
import { initialize, messages, post } from '../session/fetchNode.js';

/** A tool call that ends when the test says so, or when it is cancelled. */
interface RunningCall {
    requestId: string | number;
    signal: AbortSignal;
    end(): void;
}

describe.each([false, true])('requests with one id in one session (JSON responses: %s)', enableJsonResponse => {
    let transport: WebStandardStreamableHTTPServerTransport;
    let sessionId: string;
    let running: Map<string, RunningCall>;
    let errors: Error[];

    beforeEach(async () => {
        running = new Map();
        errors = [];
        transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), enableJsonResponse });
        transport.onerror = error => errors.push(error);
        const server = new McpServer({ name: 's', version: '1' });
        server.registerTool('wait', { inputSchema: { name: z.string() } }, async ({ name }, { requestId, signal }) => {
            await new Promise<void>(end => {
                running.set(name, { requestId, signal, end });
                signal.addEventListener('abort', () => end());
            });
            return { content: [{ type: 'text', text: name }] };
        });
        await server.connect(transport);
        const opened = await transport.handleRequest(initialize());
        await opened.text();
        sessionId = opened.headers.get('mcp-session-id') as string;
    });

    const start = async (id: string | number, name: string): Promise<Response> => {
        const response = transport.handleRequest(
            post(sessionId, { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'wait', arguments: { name } } })
        );
        await vi.waitFor(() => expect(running.has(name)).toBe(true));
        return response;
    };
    const begin = (id: string | number, name: string): Promise<unknown[]> => start(id, name).then(messages);
    const answer = (id: unknown, text: string): unknown => ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });
    const cancel = (requestId: unknown): Promise<Response> =>
        transport.handleRequest(post(sessionId, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }));

    it('X9: each gets its own answer, in whatever order they end', async () => {
        const calls = ['one', 'two', 'three'].map(name => ({ name, answer: begin(1, name) }));
        await vi.waitFor(() => expect(running.size).toBe(3));
        for (const name of ['two', 'three', 'one']) {
            running.get(name)!.end();
        }
        for (const call of calls) {
            expect(await call.answer).toEqual([answer(1, call.name)]);
        }
    });

    it('X9: a string and a number are two ids', async () => {
        const [number, string] = [begin(1, 'number'), begin('1', 'string')];
        await vi.waitFor(() => expect(running.size).toBe(2));
        expect([running.get('number')?.requestId, running.get('string')?.requestId]).toEqual([1, '1']);
        running.get('string')!.end();
        running.get('number')!.end();
        expect(await Promise.all([number, string])).toEqual([[answer(1, 'number')], [answer('1', 'string')]]);
    });

    it('X9: members of one batch with one id each get an answer', async () => {
        const both = ['a', 'b'].map(name => ({
            jsonrpc: '2.0',
            id: 7,
            method: 'tools/call',
            params: { name: 'wait', arguments: { name } }
        }));
        const response = transport.handleRequest(post(sessionId, both)).then(messages);
        await vi.waitFor(() => expect(running.size).toBe(2));
        running.get('a')!.end();
        running.get('b')!.end();
        expect((await response).flat()).toEqual([answer(7, 'a'), answer(7, 'b')]);
    });

    it('X3: a cancel hits the one request under way that has the id, also where the server knows it by another', async () => {
        const first = begin(1, 'first');
        void start(1, 'second');
        await vi.waitFor(() => expect(running.size).toBe(2));
        running.get('first')!.end();
        expect(await first).toEqual([answer(1, 'first')]);
        expect((await cancel(1)).status).toBe(202);
        await vi.waitFor(() => expect(running.get('second')?.signal.aborted).toBe(true));
    });

    it('X3: a cancel that could mean several hits none', async () => {
        const calls = [begin(1, 'first'), begin(1, 'second')];
        await vi.waitFor(() => expect(running.size).toBe(2));
        expect((await cancel(1)).status).toBe(202);
        expect(errors.map(error => error.message)).toContain(
            'A cancellation was ignored: several requests under way have the id that it names'
        );
        expect([...running.values()].map(call => call.signal.aborted)).toEqual([false, false]);
        running.forEach(call => call.end());
        expect(await Promise.all(calls)).toEqual([[answer(1, 'first')], [answer(1, 'second')]]);
    });

    it('X3: a cancel of an unknown id is a silent 202', async () => {
        expect((await cancel('never')).status).toBe(202);
        expect(errors).toEqual([]);
    });
});
