import { describe, expect, it } from 'vitest';
import { nodeEndpoint, type Sent } from './support/endpoint.js';
import { empty, whole } from './support/expected.js';
import { implementations } from './support/implementations.js';
import { both, notification } from './support/messages.js';

/** Host and request target, and the URL that handlers get. */
const urls: [host: string, target: string, url: string][] = [
    ['mcp.example', '/mcp', 'http://mcp.example/mcp'],
    ['Mcp.Example', '/mcp', 'http://mcp.example/mcp'],
    ['mcp.example:8080', '/', 'http://mcp.example:8080/'],
    ['mcp.example:80', '/', 'http://mcp.example/'],
    ['127.0.0.1:3000', '/mcp', 'http://127.0.0.1:3000/mcp'],
    ['[::1]:3000', '/mcp', 'http://[::1]:3000/mcp'],
    ['a_b', '/mcp', 'http://a_b/mcp'],
    ['a', '/mcp?a=1&b=%20', 'http://a/mcp?a=1&b=%20'],
    ['a', '/x/../mcp/./', 'http://a/mcp/'],
    ['a', '//b/mcp', 'http://a//b/mcp'],
    ['a', '/%zz', 'http://a/%zz'],
    ['a', '/mcp?\\', 'http://a/mcp?\\'],
    ['a', '/"<>', 'http://a/%22%3C%3E'],
    ['a', 'http://b/mcp?c', 'http://b/mcp?c'],
    ['a', 'https://b', 'https://b/'],
    ['', 'http://b/mcp', 'http://b/mcp']
];

/** Host and request target that make no URL. */
const none: [host: string, target: string][] = [
    ['', '/mcp'],
    ['a@b', '/mcp'],
    ['a/b', '/mcp'],
    ['a?b', '/mcp'],
    ['a b', '/mcp'],
    ['a, a', '/mcp'],
    ['[::1', '/mcp'],
    ['a:b', '/mcp'],
    ['a:99999', '/mcp'],
    ['a', '/b\\c'],
    ['a', '*'],
    ['a', 'http://'],
    ['a', 'https://b:99999/']
];

describe.each(implementations)('Host and request target on a socket: $name', implementation => {
    const send = async (host: string | undefined, target: string, version: Sent['version'] = '1.1') => {
        const endpoint = await nodeEndpoint(implementation, {});
        const typed = { accept: both, 'content-type': 'application/json', ...(host !== undefined && { host }) };
        const body = JSON.stringify(notification('n'));
        const answer = await whole(await endpoint.fetch({ method: 'POST', target, headers: Object.entries(typed), body, version }));
        return { answer, urls: endpoint.received.map(({ extra }) => extra?.requestInfo?.url?.href), errors: endpoint.errors };
    };

    it.each(urls)('D2: Host %j and %s make %s', async (host, target, url) => {
        const { answer, urls } = await send(host, target);
        expect(answer).toEqual(empty('node:http', 202));
        expect(urls).toEqual([url]);
    });

    it.each(none)('D2: Host %j and %s get 400 without a body', async (host, target) => {
        const { answer, urls, errors } = await send(host, target);
        expect(answer).toEqual(empty('node:http', 400));
        expect(urls).toEqual([]);
        expect(errors).toEqual([]);
    });

    it('D2: HTTP/1.0 needs a Host, or a target that has one', async () => {
        const headers = ['Connection: close'];
        expect((await send(undefined, '/mcp', '1.0')).answer).toEqual({ status: 400, headers, body: '' });
        expect((await send('a', '/mcp', '1.0')).answer).toEqual({ status: 202, headers, body: '' });
        expect((await send(undefined, 'http://b/mcp', '1.0')).urls).toEqual(['http://b/mcp']);
    });
});
