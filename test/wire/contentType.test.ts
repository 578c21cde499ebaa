import { describe, expect, it } from 'vitest';
import { openEndpoint, type Headers } from './support/endpoint.js';
import { refused, whole } from './support/expected.js';
import { everywhere } from './support/implementations.js';
import { both, initialize } from './support/messages.js';

const accepted = [
    'application/json',
    'APPLICATION/Json',
    'application/json; charset=utf-8',
    'application/json;charset=utf-8',
    'application/json ; charset="utf-8"',
    'application/json; a="b,c"',
    'application/json; a="\\""',
    'application/json;',
    'application/json; charset=',
    'application/json; =x',
    'application/json; a b'
];

const refusedTypes = [
    '',
    'text/plain',
    'application/jsonp',
    'application/json-patch+json',
    'application/vnd.api+json',
    'text/plain; a=application/json',
    'application',
    'application/json, application/json',
    'application/json; charset=utf-8, application/json',
    'application/json; charset=, text/plain',
    'application/json,',
    ',application/json',
    'application/ json',
    'application/json charset=utf-8',
    '"application/json"'
];

describe.each(everywhere)('Content-Type: %s on %s', (_, shell, implementation) => {
    const message = 'Unsupported Media Type: Content-Type must be application/json';
    const send = async (types: readonly string[]) => {
        const endpoint = await openEndpoint(implementation, shell);
        const headers: Headers = [['accept', both], ...types.map((type): [string, string] => ['content-type', type])];
        const answer = await whole(
            await endpoint.fetch({ method: 'POST', headers, body: new TextEncoder().encode(JSON.stringify(initialize())) })
        );
        return { answer, errors: endpoint.errors };
    };

    it.each(accepted)('D2: %j is let in', async type => {
        const { answer, errors } = await send([type]);
        expect(answer.status).toBe(200);
        expect(errors).toEqual([]);
    });

    it.each(refusedTypes)('D2: %j gets 415', async type => {
        const { answer, errors } = await send([type]);
        expect(answer).toEqual(refused(shell, 415, -32000, message));
        expect(errors).toEqual([message]);
    });

    it.each([
        [['application/json', 'application/json']],
        [['application/json', 'text/plain']],
        [['text/plain', 'application/json']],
        [['application/json; a=b', 'application/json']],
        [['application/json; charset=', 'application/json']]
    ])('D2: given twice it gets 415: %j', async types => {
        expect((await send(types)).answer).toEqual(refused(shell, 415, -32000, message));
    });

    it('D2: left out it gets 415', async () => {
        expect((await send([])).answer).toEqual(refused(shell, 415, -32000, message));
    });
});
