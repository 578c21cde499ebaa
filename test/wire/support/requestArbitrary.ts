import fc from 'fast-check';
import type { Headers, Sent } from './endpoint.js';
import type { Shell } from './implementations.js';
import { body, parsedBody, repeatsAnId } from './jsonRpcArbitrary.js';

const contentTypePieces = fc.array(
    fc.constantFrom(
        'application/json',
        'Application/JSON',
        'text/plain',
        ';',
        ',',
        ' ',
        '\t',
        '=',
        '"',
        '\\',
        'charset',
        'utf-8',
        'a',
        '/',
        '\u00e9',
        '\u000b',
        '(',
        '*'
    ),
    { maxLength: 7 }
);

/** Headers with the value that is let in. */
const good: Record<string, string> = {
    host: 'good.example',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-session-id': 'session-1',
    'mcp-protocol-version': '2025-11-25',
    origin: 'https://good.example'
};

/** Other values, good and bad; undefined leaves the header out. */
const others: Record<string, fc.Arbitrary<string | undefined>> = {
    accept: fc.constantFrom(
        undefined,
        '',
        '*/*',
        'application/json',
        'text/event-stream',
        'TEXT/EVENT-STREAM, application/json',
        'text/event-stream;q=0,xapplication/jsonx'
    ),
    'content-type': fc.oneof(
        fc.constantFrom('application/json; charset=utf-8', 'application/json;', 'application/json; a="b;,"', 'text/plain', '', undefined),
        contentTypePieces.map(pieces => `application/json${pieces.join('')}`.trim()),
        contentTypePieces.map(pieces => pieces.join('').trim())
    ),
    'mcp-session-id': fc.constantFrom(undefined, '', 'session-2', 'SESSION-1', 'session-1,', '\u00e9'),
    'mcp-protocol-version': fc.constantFrom(
        undefined,
        '',
        '2025-06-18',
        '2025-03-26',
        '1999-01-01',
        '2025-11-25,2025-11-25',
        'x\u00e9y"\\'
    ),
    origin: fc.constantFrom(undefined, 'https://bad.example', 'null', '')
};

const othersOf: Record<Shell, typeof others> = {
    fetch: { ...others, host: fc.constantFrom(undefined, 'bad.example', '') },
    'node:http': {
        ...others,
        host: fc.constantFrom(
            undefined,
            'bad.example',
            'Good.example',
            'good.example:8080',
            '127.0.0.1:1',
            '[::1]:3000',
            'localhost',
            'a@b',
            'a/b',
            'a b',
            ''
        )
    }
};

const extra: Record<string, fc.Arbitrary<string>> = {
    'last-event-id': fc.constantFrom('e1', 'e2', 'e3', 'x', ''),
    'x-custom': fc.constantFrom('a', 'a  b', '\u00e9', '"', ''),
    cookie: fc.constantFrom('a=1; b=2', ';')
};

const repeated: fc.Arbitrary<Headers> = fc.constantFrom<Headers[]>(
    ...Array<Headers>(16).fill([]),
    [['Accept', 'text/event-stream']],
    [['Content-Type', 'application/json']],
    [['mcp-session-id', 'session-1']],
    [['MCP-Protocol-Version', '2025-11-25']],
    [['Last-Event-ID', 'e1']],
    [['X-Custom', 'again']],
    [['cookie', 'c=3']],
    [['Connection', 'close']]
);

/** Mostly all good, sometimes with one or two that are not. */
function headersOn(shell: Shell): fc.Arbitrary<Headers> {
    const faults = fc.oneof(
        { weight: 5, arbitrary: fc.constant<string[]>([]) },
        { weight: 4, arbitrary: fc.subarray(Object.keys(othersOf[shell]), { minLength: 1, maxLength: 2 }) }
    );
    const added = fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: fc.subarray(Object.keys(extra)) });
    const values = faults.chain(names => fc.record({ ...pick(othersOf[shell], names) }));
    return fc
        .tuple(
            values,
            added.chain(names => fc.record(pick(extra, names))),
            repeated
        )
        .map(([changed, more, again]) => {
            const all = Object.entries({ ...good, ...changed, ...more });
            return [...all.filter((entry): entry is [string, string] => entry[1] !== undefined), ...again];
        });
}

function pick<T>(record: Record<string, T>, names: readonly string[]): Record<string, T> {
    return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

const target = fc.constantFrom(
    ...Array<string>(30).fill('/mcp'),
    ...[
        '/',
        '/mcp?a=1&b=%20',
        '/a/../mcp',
        '//evil.example/x',
        '/%zz',
        '/a?b\\c',
        '/a\\b',
        '*',
        'http://abs.example/x?y',
        'https://abs.example',
        'ftp://x/'
    ]
);

const method = (shell: Shell) =>
    fc.oneof(
        { weight: 12, arbitrary: fc.constant('POST') },
        { weight: 4, arbitrary: fc.constant('GET') },
        { weight: 2, arbitrary: fc.constant('DELETE') },
        {
            weight: 1,
            arbitrary: fc.constantFrom(
                'PUT',
                'PATCH',
                'OPTIONS',
                'HEAD',
                'QUERY',
                ...(shell === 'fetch' ? ['x'] : ['TRACE', 'post', 'PROPFIND'])
            )
        }
    );

/** A request with headers and a body from good and bad values. */
export function requestOn(shell: Shell): fc.Arbitrary<Sent> {
    const parts = fc.record({
        method: method(shell),
        headers: headersOn(shell),
        body: body.filter(given => !repeatsAnId(parsedText(given))),
        parsedBody: fc.oneof(
            { weight: 6, arbitrary: fc.constant(undefined) },
            { weight: 1, arbitrary: parsedBody.filter(value => !repeatsAnId(value)) }
        ),
        auth: fc.boolean(),
        target,
        chunk: fc.constantFrom(undefined, undefined, undefined, 1, 7, 1000),
        declared: fc.constantFrom<(string | undefined)[]>(...Array<undefined>(30).fill(undefined), '99999999'),
        version: fc.constantFrom<('1.0' | '1.1')[]>(...Array<'1.1'>(20).fill('1.1'), '1.0')
    });
    return parts.map((given): Sent => {
        const withBody = !['GET', 'HEAD', 'DELETE', 'TRACE'].includes(given.method);
        const common = {
            method: given.method,
            ...(withBody && { body: given.body }),
            ...(given.parsedBody !== undefined && { parsedBody: given.parsedBody }),
            ...(given.auth && { auth: { token: 't', clientId: 'c', scopes: [] } })
        };
        if (shell === 'fetch') {
            return { ...common, headers: given.headers };
        }
        const { target, version, chunk, declared } = given;
        const chunked = withBody && chunk !== undefined && declared === undefined && version === '1.1';
        const length: Headers = withBody && declared !== undefined ? [['content-length', declared]] : [];
        return { ...common, headers: [...given.headers, ...length], version, target, ...(chunked && { chunk }) };
    });
}

function parsedText(given: string | Uint8Array): unknown {
    try {
        return JSON.parse(new TextDecoder().decode(typeof given === 'string' ? Buffer.from(given) : given));
    } catch {
        return undefined;
    }
}
