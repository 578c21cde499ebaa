import { describe, expect, it } from 'vitest';
import { openEndpoint, session } from './support/endpoint.js';
import { streamHeaders } from './support/expected.js';
import { everywhere } from './support/implementations.js';
import { event, initialize, log, request, result } from './support/messages.js';

const question = { jsonrpc: '2.0' as const, id: 0, method: 'roots/list' };
const noConnection = (id: string) => new Error(`No connection established for request ID: ${id}`);

describe.each(everywhere)('streams: %s on %s', (_, shell, implementation) => {
    const begun = async (options = {}) => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, ...options });
        return { endpoint, of: await endpoint.begin() };
    };

    it('D2: GET opens the standalone stream, and its head leaves at once', async () => {
        const { endpoint, of } = await begun();
        const stream = await endpoint.get(of);
        expect(stream.status).toBe(200);
        expect(stream.headers.filter(line => !line.startsWith('Transfer-Encoding'))).toEqual(streamHeaders(['mcp-session-id: session-1']));
        expect(stream.text).toBe('');
    });

    it('D2: what belongs to no request goes there, in order', async () => {
        const { endpoint, of } = await begun();
        const stream = await endpoint.get(of);
        const call = await endpoint.post(request(1), of);
        await Promise.all([endpoint.send(log('a')), endpoint.send(question), endpoint.send(log({ b: '\u20ac\n' }))]);
        await endpoint.transport.close();
        expect(await stream.end()).toBe(event(log('a')) + event(question) + event(log({ b: '\u20ac\n' })));
        expect(await call.end()).toBe('');
    });

    it('D2: with no stream open it is dropped', async () => {
        const { endpoint, of } = await begun();
        await endpoint.send(log('dropped'));
        const first = await endpoint.get(of);
        await endpoint.send(log('first'));
        await first.until(text => text !== '');
        await first.disconnect();
        await endpoint.send(log('dropped'));
        await endpoint.send(question);
        const second = await endpoint.get(of);
        await endpoint.send(log('second'));
        expect(await second.until(text => text !== '')).toBe(event(log('second')));
        expect(first.text).toBe(event(log('first')));
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: closeStandaloneSSEStream ends it, and another may be opened', async () => {
        const { endpoint, of } = await begun();
        endpoint.transport.closeStandaloneSSEStream();
        const first = await endpoint.get(of);
        await endpoint.send(log(1));
        endpoint.transport.closeStandaloneSSEStream();
        expect([await first.end(), first.complete]).toEqual([event(log(1)), true]);
        await endpoint.send(log('dropped'));
        const second = await endpoint.get(of);
        await endpoint.send(log(2));
        expect(await second.until(text => text !== '')).toBe(event(log(2)));
    });

    it('D2: Last-Event-ID means nothing without an event store', async () => {
        const { endpoint, of } = await begun();
        const stream = await endpoint.get({ ...of, 'last-event-id': 'e1' });
        await endpoint.send(log(1));
        expect(await stream.until(text => text !== '')).toBe(event(log(1)));
    });

    it('D2: without an event store there is no priming event, whatever the version', async () => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, retryInterval: 5 });
        const answer = await endpoint.post(initialize('2025-11-25'));
        expect(await answer.end()).toBe(event(result(0, { protocolVersion: '2025-11-25' })));
    });

    it('D2, L8: an open stream is kept alive by comments', async () => {
        const { endpoint, of } = await begun({ keepAliveMs: 1 });
        const [stream, call] = [await endpoint.get(of), await endpoint.post(request(1), of)];
        for (const open of [stream, call]) {
            expect(await open.until(text => text.length >= 28)).toMatch(/^(: keepalive\n\n){2,}$/);
        }
        await endpoint.send(result(1));
        await endpoint.transport.close();
        expect(await call.end()).toMatch(/^(: keepalive\n\n)+event: message\ndata: .*\n\n$/);
        expect(await stream.end()).toMatch(/^(: keepalive\n\n)+$/);
    });

    it.each([0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY])('D2: with keepAliveMs %s there are none', async keepAliveMs => {
        const { endpoint, of } = await begun({ keepAliveMs });
        const stream = await endpoint.get(of);
        // A timer that were set would be due before this one.
        await new Promise(resolve => setTimeout(resolve, 5));
        await endpoint.transport.close();
        expect(await stream.end()).toBe('');
    });

    it('D2: a keepAliveMs that no timer can take is a long time', async () => {
        const { endpoint, of } = await begun({ keepAliveMs: 2 ** 31 });
        const stream = await endpoint.get(of);
        await new Promise(resolve => setTimeout(resolve, 5));
        await endpoint.transport.close();
        expect(await stream.end()).toBe('');
    });

    describe('send()', () => {
        it('D2: rejects a response without an id', async () => {
            const { endpoint } = await begun();
            const message = 'Cannot send a response on a standalone SSE stream unless resuming a previous client request';
            const error = { jsonrpc: '2.0' as const, error: { code: 1, message: 'x' } };
            await expect(endpoint.send(error)).rejects.toThrow(new Error(message));
            // The id of the response counts, not the request that it is said to be related to.
            await expect(endpoint.send(error, 1)).rejects.toThrow(new Error(message));
        });

        it('D2: rejects what belongs to a request that is not known', async () => {
            const { endpoint, of } = await begun();
            await expect(endpoint.send(result(7))).rejects.toThrow(noConnection('7'));
            await expect(endpoint.send(log('x'), 'text')).rejects.toThrow(noConnection('text'));
            await (await endpoint.post(request(1, 'echo'), of)).end();
            await expect(endpoint.send(log('late'), 1)).rejects.toThrow(noConnection('1'));
            await expect(endpoint.send(result(1))).rejects.toThrow(noConnection('1'));
        });

        it('D2: tells a number from a string', async () => {
            const { endpoint, of } = await begun();
            const answer = await endpoint.post(request(1), of);
            await expect(endpoint.send(result('1'))).rejects.toThrow(noConnection('1'));
            await endpoint.send(result(1));
            expect(await answer.end()).toBe(event(result(1)));
        });

        it('D2: goes by the id of a response, not by what it is said to be related to', async () => {
            const { endpoint, of } = await begun();
            const [first, second] = [await endpoint.post(request(1), of), await endpoint.post(request(2), of)];
            await endpoint.send(result(1), 2);
            expect(await first.end()).toBe(event(result(1)));
            expect(second.ended).toBe(false);
        });

        it('D2: rejects the response of a client that has gone, and then the request is forgotten', async () => {
            const { endpoint, of } = await begun();
            const answer = await endpoint.post([request(1), request(2)], of);
            await answer.disconnect();
            await endpoint.send(log('nobody'), 1);
            await endpoint.send(result(1));
            await expect(endpoint.send(result(2))).rejects.toThrow(noConnection('2'));
            await expect(endpoint.send(log('forgotten'), 1)).rejects.toThrow(noConnection('1'));
            await expect(endpoint.send(log('forgotten'), 2)).rejects.toThrow(noConnection('2'));
        });

        it('D2: rejects likewise after closeSSEStream, as the client cannot come back', async () => {
            const { endpoint, of } = await begun();
            const answer = await endpoint.post(request(1), of);
            endpoint.transport.closeSSEStream(1);
            endpoint.transport.closeSSEStream(1);
            endpoint.transport.closeSSEStream('unknown');
            expect([await answer.end(), answer.complete]).toEqual(['', true]);
            await expect(endpoint.send(result(1))).rejects.toThrow(noConnection('1'));
        });

        it('D2: takes messages for nobody after close()', async () => {
            const { endpoint, of } = await begun();
            const stream = await endpoint.get(of);
            await endpoint.transport.close();
            await endpoint.send(log('nobody'));
            expect(await stream.end()).toBe('');
        });

        it('D2: a result that is no JSON is reported, and ends the stream without it', async () => {
            const { endpoint, of } = await begun();
            const answer = await endpoint.post(request(1), of);
            await endpoint.send(result(1, { big: 1n }));
            expect(endpoint.errors).toEqual(['Do not know how to serialize a BigInt']);
            expect([await answer.end(), answer.complete]).toEqual(['', true]);
        });

        it('D2: a message that is no JSON is reported, and the stream goes on', async () => {
            const { endpoint, of } = await begun();
            const stream = await endpoint.get(of);
            await endpoint.send(log(1n));
            expect(endpoint.errors).toEqual(['Do not know how to serialize a BigInt']);
            await endpoint.send(log(1));
            expect(await stream.until(text => text !== '')).toBe(event(log(1)));
        });
    });
});
