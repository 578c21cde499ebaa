import { describe, expect, it } from 'vitest';
import { openEndpoint, type Endpoint } from './support/endpoint.js';
import { everywhere } from './support/implementations.js';
import { both, initialize, request } from './support/messages.js';

const json = 'application/json';
const badVersion = { 'mcp-protocol-version': 'x' };
const badSession = { 'mcp-session-id': 'x' };
const ofSession = { 'mcp-session-id': 'session-1' };
const longBatch = JSON.stringify(Array(101).fill(7));

const typed = { accept: both, 'content-type': json };

/** Requests that pass one check more each, and have every fault that is looked for later. */
const posts: [expected: string, headers: Record<string, string>, body: string][] = [
    ['Not Acceptable: Client must accept both application/json and text/event-stream', { 'content-length': '9999' }, '{'],
    ['Unsupported Media Type: Content-Type must be application/json', { accept: both, 'content-length': '9999' }, '{'],
    ['Payload Too Large: Request body must not exceed 2000 bytes', { ...typed, 'content-length': '9999' }, '{'],
    ['Parse error: Invalid JSON', typed, '{'],
    ['Invalid Request: Batch must not exceed 100 messages', typed, longBatch],
    ['Parse error: Invalid JSON-RPC message', typed, '[{}]'],
    ['Bad Request: Mcp-Session-Id header is required', { ...typed, 'mcp-session-id': '' }, '[]'],
    ['Session not found', typed, JSON.stringify(request(1))]
];

describe.each(everywhere)('order of the checks: %s on %s', (_, shell, implementation) => {
    const open = async (): Promise<Endpoint> => {
        const options = {
            sessionIdGenerator: () => 'session-1',
            enableDnsRebindingProtection: true,
            allowedHosts: ['good.example'],
            allowedOrigins: ['https://good.example'],
            maxRequestBodySize: 2000
        };
        const endpoint = await openEndpoint(implementation, shell, options);
        const opened = await endpoint.post(initialize(), { host: 'good.example' });
        await opened.end();
        endpoint.received.length = 0;
        return endpoint;
    };
    const refusalOf = async (endpoint: Endpoint, method: string, headers: Record<string, string>, body?: string): Promise<string> => {
        const answer = await endpoint.fetch({ method, headers: Object.entries(headers), ...(body !== undefined && { body }) });
        const { error } = JSON.parse(await answer.end()) as { error: { message: string } };
        expect(endpoint.errors).toEqual([error.message]);
        expect(endpoint.received).toEqual([]);
        return error.message;
    };

    it.each(posts)('D2: POST: %s', async (expected, headers, body) => {
        const faulty = { host: 'good.example', ...badSession, ...badVersion, ...headers };
        expect(await refusalOf(await open(), 'POST', faulty, body)).toBe(expected);
    });

    it.each([
        ['Not Acceptable: Client must accept text/event-stream', { ...badSession, ...badVersion }],
        ['Bad Request: Mcp-Session-Id header is required', { accept: both, ...badVersion }],
        ['Session not found', { accept: both, ...badSession, ...badVersion }]
    ])('D2: GET: %s', async (expected, headers) => {
        expect(await refusalOf(await open(), 'GET', { host: 'good.example', 'last-event-id': 'x', ...headers })).toBe(expected);
    });

    it('D2: GET: an unsupported version comes before a second stream', async () => {
        const endpoint = await open();
        await endpoint.get({ host: 'good.example', ...ofSession });
        const message = await refusalOf(endpoint, 'GET', { host: 'good.example', accept: both, ...ofSession, ...badVersion });
        expect(message).toMatch(/^Bad Request: Unsupported protocol version: x /);
    });

    it.each(['POST', 'GET', 'DELETE', 'PUT'])('D2, P5: Host and Origin come before everything else: %s', async method => {
        const faults = { ...badSession, ...badVersion, 'content-type': 'text/plain' };
        const body = method === 'POST' || method === 'PUT' ? '{' : undefined;
        const host = await refusalOf(await open(), method, { ...faults, host: 'bad.example', origin: 'https://bad.example' }, body);
        expect(host).toBe('Invalid Host header: bad.example');
        const origin = await refusalOf(await open(), method, { ...faults, host: 'good.example', origin: 'https://bad.example' }, body);
        expect(origin).toBe('Invalid Origin header: https://bad.example');
    });

    it('D2: a closed transport comes before Host', async () => {
        const endpoint = await open();
        await endpoint.transport.close();
        const answer = await endpoint.fetch({ method: 'GET', headers: [['host', 'bad.example']] });
        expect(answer.status).toBe(404);
    });
});
