import { isJsonContentType as official } from '@modelcontextprotocol/sdk/shared/mediaType.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isJsonContentType } from '../../src/transport/contentType.js';

const piece = fc.constantFrom(
    'application/json',
    'Application/JSON',
    'text/plain',
    'application/json5',
    ';',
    '; ',
    ' ',
    ',',
    ', ',
    'charset',
    '=',
    'utf-8',
    '"utf-8"',
    '"a,b"',
    '"a;b',
    '\t',
    'é'
);

it('D2: knows JSON from its media type exactly as the SDK does', () => {
    fc.assert(
        fc.property(fc.array(piece, { maxLength: 9 }), pieces => {
            for (const header of [pieces.join(''), `application/json${pieces.join('')}`, `application/json; ${pieces.join('')}`]) {
                expect([header, isJsonContentType(header)]).toEqual([header, official(header)]);
            }
        }),
        { numRuns: 3000 }
    );
    expect(isJsonContentType(undefined)).toBe(official(undefined));
});
