import { WireStream, type WireMessage } from './wireStream.js';

/** One HTTP answer, read to its end. */
export interface Answer {
    status: number;
    headers: Headers;
    body: string;
    /** The JSON-RPC messages in it, from a JSON body or from an event stream. */
    messages: { id?: unknown; result?: Record<string, unknown>; error?: { code: number; message: string } }[];
}

export type HeaderMap = Record<string, string>;

export interface CallOptions {
    id?: number | string;
    headers?: HeaderMap;
    meta?: Record<string, unknown>;
}

export const PROTOCOL = '2025-11-25';
export const CLIENT = { name: 'wire-client', version: '3.1.4' };
export const CAPABILITIES = { roots: { listChanged: true }, sampling: {}, elicitation: { form: {} } };

/** What an unknown session is answered, byte for byte. */
export const NOT_FOUND = '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}';
export const HEADER_REQUIRED =
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Mcp-Session-Id header is required"},"id":null}';
export const UNAVAILABLE = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Service temporarily unavailable"},"id":null}';

export const ACCEPT = { accept: 'application/json, text/event-stream' };

/** A client reduced to its HTTP requests: one session at one address. */
export class Wire {
    sessionId: string | undefined;

    constructor(
        readonly url: string,
        /** Sent with every request. */
        readonly headers: HeaderMap = {}
    ) {}

    /** The same session through another address, or as somebody else. */
    at(url: string, headers: HeaderMap = this.headers): Wire {
        const other = new Wire(url, headers);
        other.sessionId = this.sessionId;
        return other;
    }

    async initialize({
        protocolVersion = PROTOCOL,
        headers = {}
    }: { protocolVersion?: string; headers?: HeaderMap } = {}): Promise<Answer> {
        const params = { protocolVersion, clientInfo: CLIENT, capabilities: CAPABILITIES };
        const answer = await this.send({ jsonrpc: '2.0', id: 'init', method: 'initialize', params }, headers);
        this.sessionId = answer.headers.get('mcp-session-id') ?? this.sessionId;
        return answer;
    }

    /** `initialize` and `notifications/initialized`; throws when either fails. */
    async begin(protocolVersion = PROTOCOL): Promise<string> {
        const opened = await this.initialize({ protocolVersion });
        const confirmed = await this.notify('notifications/initialized');
        if (opened.status !== 200 || confirmed.status !== 202 || this.sessionId === undefined) {
            throw new Error(`The session did not begin: ${opened.status} ${opened.body}, ${confirmed.status} ${confirmed.body}`);
        }
        return this.sessionId;
    }

    request(method: string, params: Record<string, unknown> = {}, headers: HeaderMap = {}, id: number | string = 1): Promise<Answer> {
        return this.send({ jsonrpc: '2.0', id, method, params }, headers);
    }

    notify(method: string, params: Record<string, unknown> = {}): Promise<Answer> {
        return this.send({ jsonrpc: '2.0', method, params });
    }

    /** Calls a tool and returns the text of its answer; throws for any other outcome. */
    async tool(name: string, args: Record<string, unknown> = {}, headers: HeaderMap = {}): Promise<string> {
        const answer = await this.request('tools/call', { name, arguments: args }, headers);
        const content = answer.messages.at(-1)?.result?.['content'] as { text: string }[] | undefined;
        const text = content?.[0]?.text;
        if (answer.status !== 200 || text === undefined) throw new Error(`Tool ${name}: ${answer.status} ${answer.body}`);
        return text;
    }

    send(message: unknown, headers: HeaderMap = {}): Promise<Answer> {
        return this.http('POST', { ...ACCEPT, 'content-type': 'application/json', ...headers }, JSON.stringify(message));
    }

    /** Calls a tool, and reads the answer event by event. */
    call(name: string, args: Record<string, unknown> = {}, { id = 1, headers = {}, meta }: CallOptions = {}): Promise<WireStream> {
        const params = { name, arguments: args, ...(meta && { _meta: meta }) };
        return this.stream({ jsonrpc: '2.0', id, method: 'tools/call', params }, headers);
    }

    /** Sends a message, and reads the answer event by event. */
    stream(message: unknown, headers: HeaderMap = {}): Promise<WireStream> {
        const all = this.#with({ ...ACCEPT, 'content-type': 'application/json', ...headers });
        return WireStream.open(this.url, { method: 'POST', headers: all, body: JSON.stringify(message) });
    }

    /** Opens the standalone stream; with a `Last-Event-ID` it goes on with that event's stream. */
    listen(lastEventId?: string, headers: HeaderMap = {}): Promise<WireStream> {
        const resuming = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
        return WireStream.open(this.url, { headers: this.#with({ accept: 'text/event-stream', ...resuming, ...headers }) }, lastEventId);
    }

    /** Answers a question of the server: an elicitation with a word, any other with the result that is given. */
    answer(question: WireMessage, answer: string | Record<string, unknown>): Promise<Answer> {
        const result = typeof answer === 'string' ? { action: 'accept', content: { word: answer } } : answer;
        return this.send({ jsonrpc: '2.0', id: question.id, result });
    }

    cancel(requestId: string | number): Promise<Answer> {
        return this.notify('notifications/cancelled', { requestId });
    }

    end(headers: HeaderMap = {}): Promise<Answer> {
        return this.http('DELETE', headers);
    }

    async http(method: string, headers: HeaderMap, body?: string): Promise<Answer> {
        const response = await fetch(this.url, { method, headers: this.#with(headers), ...(body !== undefined && { body }) });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: text, messages: parse(response.headers, text) };
    }

    /** Opens the standalone stream, or reads the refusal. */
    async open(headers: HeaderMap = {}): Promise<{ status: number; body: () => Promise<string>; close: () => void }> {
        const aborter = new AbortController();
        const response = await fetch(this.url, {
            headers: this.#with({ accept: 'text/event-stream', ...headers }),
            signal: aborter.signal
        });
        return { status: response.status, body: () => response.text(), close: () => aborter.abort() };
    }

    #with(headers: HeaderMap): HeaderMap {
        return { ...this.headers, ...(this.sessionId !== undefined && { 'mcp-session-id': this.sessionId }), ...headers };
    }
}

function parse(headers: Headers, body: string): Answer['messages'] {
    const type = headers.get('content-type') ?? '';
    if (type.includes('application/json') && body) return [JSON.parse(body)].flat() as Answer['messages'];
    return [...body.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? '') as Answer['messages'][number]);
}
