// What holds on functions, one line each. Exits with 1 if something does not.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, McpError, type CallToolResult, type Progress } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.env.MCP_URL ?? 'http://127.0.0.1:3000/mcp');

/** Breaks the connections that are open; the client makes new ones. */
let connections = new AbortController();
const breakable = (input: string | URL, init: RequestInit = {}) =>
    fetch(input, { ...init, signal: AbortSignal.any([connections.signal, ...(init.signal ? [init.signal] : [])]) });

async function connect(to: URL) {
    const client = new Client({ name: 'functions-client', version: '1.0.0' }, { capabilities: { elicitation: { form: {} } } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { colour: 'blue' } }));
    const transport = new StreamableHTTPClientTransport(to, { fetch: breakable });
    await client.connect(transport);
    const call = async (name: string, args: object = {}, onprogress?: (progress: Progress) => void) => {
        const params = { name, arguments: { ...args } };
        const result = (await client.callTool(params, undefined, {
            timeout: 120_000,
            ...(onprogress && { onprogress })
        })) as CallToolResult;
        return result.content[0]?.type === 'text' ? result.content[0].text : '';
    };
    return { client, transport, call };
}

let opened: ReturnType<typeof connect> | undefined;
/** The one session of all that follows. */
const session = () => (opened ??= connect(url));

const situations: Record<string, () => Promise<string>> = {
    'tools without a session': async () => {
        const { call, client } = await connect(new URL('/stateless', url));
        assert.equal(await call('add', { a: 2, b: 3 }), '5');
        await client.close();
        return 'works';
    },
    'a session, a process for each request': async () => {
        const { call } = await session();
        assert.equal(await call('add', { a: 2, b: 3 }), '5');
        return 'works';
    },
    'what a tool keeps of its session': async () => {
        const { call } = await session();
        assert.deepEqual([await call('note', { note: 'tea' }), await call('note', { note: 'milk' })], ['1', '2']);
        return 'works';
    },
    'a question to the user in a call': async () => {
        const { call } = await session();
        assert.equal(await call('paint'), 'blue');
        return 'works';
    },
    'a call that ends its request, and is polled for': async () => {
        const { call } = await session();
        assert.equal(await call('report'), 'written');
        return 'works';
    },
    'a connection that breaks in a call': async () => {
        const { call } = await session();
        const frames: number[] = [];
        const breakAtTwo = ({ progress }: Progress) => {
            if (frames.push(progress) !== 2) return;
            connections.abort();
            connections = new AbortController();
        };
        assert.equal(await call('render', { frames: 6 }, breakAtTwo), '6');
        assert.deepEqual(frames, [1, 2, 3, 4, 5, 6]);
        return 'works';
    },
    'a call that reaches the time limit': async () => {
        const { call } = await session();
        const error = await call('render', { frames: 200 }).catch((reason: unknown) => reason);
        assert(error instanceof McpError);
        assert.equal(await call('add', { a: 2, b: 3 }), '5');
        return `error ${error.code}, and the session goes on`;
    },
    'the same work in slices': async () => {
        const { call } = await session();
        let calls = 1;
        while ((await call('crawl', { pages: 24 })) !== 'done') calls++;
        assert(calls > 1);
        return 'works';
    },
    DELETE: async () => {
        const { transport } = await session();
        const { sessionId } = transport;
        await transport.terminateSession();
        const headers = {
            'mcp-session-id': sessionId ?? '',
            accept: 'application/json, text/event-stream',
            'content-type': 'application/json'
        };
        const late = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }) });
        assert.equal(late.status, 404);
        return 'works';
    }
};

for (const [situation, run] of Object.entries(situations)) {
    const outcome = await run().catch((error: Error & { code?: unknown }) => {
        process.exitCode = 1;
        return error.code === 404 ? '404: the session is not known' : error.message;
    });
    console.log(`${situation.padEnd(50)}${outcome}`);
}
await (await opened?.catch(() => undefined))?.client.close();
