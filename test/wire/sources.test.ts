import { describe, expect, it } from 'vitest';
import { openEndpoint } from './support/endpoint.js';
import { refused, whole } from './support/expected.js';
import { everywhere, type Options } from './support/implementations.js';
import { both, initialize } from './support/messages.js';

describe.each(everywhere)('allowed hosts and origins: %s on %s', (_, shell, implementation) => {
    const send = async (options: Options, headers: Record<string, string>) => {
        const endpoint = await openEndpoint(implementation, shell, { sessionIdGenerator: () => 'session-1', ...options });
        const named = { accept: both, 'content-type': 'application/json', ...headers };
        const sent = { method: 'POST', headers: Object.entries(named), body: JSON.stringify(initialize()) };
        const answer = await whole(await endpoint.fetch(sent));
        return { answer, errors: endpoint.errors };
    };
    const guarded = { enableDnsRebindingProtection: true };
    const hosts = { ...guarded, allowedHosts: ['localhost:3000', 'good.example'] };
    const origins = { ...guarded, allowedOrigins: ['https://good.example'] };

    it.each(['localhost:3000', 'good.example'])('P5: Host %s is let in', async host => {
        expect((await send(hosts, { host })).answer.status).toBe(200);
    });

    it.each(['localhost', 'localhost:3001', 'Good.example', 'good.example.', 'x.good.example'])('P5: Host %s gets 403', async host => {
        const { answer, errors } = await send(hosts, { host });
        expect(answer).toEqual(refused(shell, 403, -32000, `Invalid Host header: ${host}`));
        expect(errors).toEqual([`Invalid Host header: ${host}`]);
    });

    it.each([
        'https://evil.example',
        'http://good.example',
        'https://good.example:443',
        'null',
        'https://good.example, https://good.example'
    ])('P5: Origin %s gets 403', async origin => {
        const { answer, errors } = await send(origins, { host: 'any.example', origin });
        expect(answer).toEqual(refused(shell, 403, -32000, `Invalid Origin header: ${origin}`));
        expect(errors).toEqual([`Invalid Origin header: ${origin}`]);
    });

    it.each([{}, { origin: '' }, { origin: 'https://good.example' }])('P5: these are let in: %j', async headers => {
        expect((await send({ ...hosts, ...origins }, { host: 'good.example', ...headers })).answer.status).toBe(200);
    });

    it('P5: Host is looked at first', async () => {
        const { answer } = await send({ ...hosts, ...origins }, { host: 'bad.example', origin: 'https://bad.example' });
        expect(answer).toEqual(refused(shell, 403, -32000, 'Invalid Host header: bad.example'));
    });

    it.each([
        ['without the protection', { allowedHosts: ['good.example'], allowedOrigins: ['https://good.example'] }],
        ['without lists', guarded],
        ['with empty lists', { ...guarded, allowedHosts: [], allowedOrigins: [] }]
    ])('D2: %s everything is let in', async (_, options) => {
        expect((await send(options, { host: 'bad.example', origin: 'https://bad.example' })).answer.status).toBe(200);
    });
});
