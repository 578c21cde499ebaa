import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { JSONRPCMessage, MessageExtraInfo, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import type { Answer } from './answer.js';
import type { Implementation, NodeTransport, Options, Shell, WebTransport, WireTransport } from './implementations.js';
import { both, initialize, result, type Json } from './messages.js';
import { RawConnection } from './rawHttp.js';
import { WebAnswer } from './webAnswer.js';

export type Headers = readonly (readonly [name: string, value: string])[];

/** A request as a test states it. */
export interface Sent {
    readonly method: string;
    readonly headers: Headers;
    readonly body?: string | Uint8Array;
    /** The request target; `/mcp` when left out. */
    readonly target?: string;
    /** `1.1` when left out. */
    readonly version?: '1.0' | '1.1';
    /** Send the body in chunks of this many bytes. */
    readonly chunk?: number;
    /** What a body parser hands over. */
    readonly parsedBody?: unknown;
    readonly auth?: AuthInfo;
}

export interface Received {
    readonly message: JSONRPCMessage;
    readonly extra: MessageExtraInfo | undefined;
}

/** A transport, what came out of it on the server's side, and the way to send it requests. */
export abstract class Endpoint {
    readonly received: Received[] = [];
    readonly errors: string[] = [];
    /** Rejections of `handleRequest`. */
    readonly rejections: string[] = [];
    closes = 0;
    abstract readonly shell: Shell;

    /** The server: by default it answers `initialize`, and `echo` with its own params; all else waits for {@link send}. */
    serve: (message: Json) => JSONRPCMessage | undefined = message => {
        if (message['method'] === 'initialize' && 'id' in message) {
            return result(message['id'], { protocolVersion: '2025-11-25' });
        }
        return message['method'] === 'echo' && 'id' in message ? result(message['id'], (message['params'] ?? {}) as Json) : undefined;
    };

    constructor(readonly transport: WireTransport) {
        transport.onerror = error => void this.errors.push(error.message);
        transport.onclose = () => void this.closes++;
        transport.onmessage = (message, extra) => {
            this.received.push({ message, extra });
            const answer = this.serve(message);
            if (answer) {
                this.send(answer).catch((error: Error) => this.errors.push(`send: ${error.message}`));
            }
        };
    }

    /** Sends a request. Resolves when the head of its answer is here. */
    abstract fetch(sent: Sent): Promise<Answer>;

    /** Releases what the endpoint holds outside the transport. */
    abstract dispose(): Promise<void>;

    send(message: JSONRPCMessage, relatedRequestId?: RequestId): Promise<void> {
        return this.transport.send(message, relatedRequestId === undefined ? undefined : { relatedRequestId });
    }

    post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
        const named = { accept: both, 'content-type': 'application/json', ...headers };
        return this.fetch({ method: 'POST', headers: Object.entries(named), body: typeof body === 'string' ? body : JSON.stringify(body) });
    }

    get(headers: Record<string, string> = {}): Promise<Answer> {
        return this.fetch({ method: 'GET', headers: Object.entries({ accept: 'text/event-stream', ...headers }) });
    }

    delete(headers: Record<string, string> = {}): Promise<Answer> {
        return this.fetch({ method: 'DELETE', headers: Object.entries(headers) });
    }

    /** Begins the session, and returns the headers that its requests need. */
    async begin(protocolVersion = '2025-06-18'): Promise<Record<string, string>> {
        const answer = await this.post(initialize(protocolVersion));
        await answer.end();
        this.received.length = 0;
        const sessionId = answer.header('mcp-session-id');
        return { ...(sessionId !== undefined && { 'mcp-session-id': sessionId }), 'mcp-protocol-version': protocolVersion };
    }

    /** The methods or ids of what the server was handed. */
    get log(): unknown[] {
        return this.received.map(({ message }) => ('method' in message ? message.method : message.id));
    }
}

class NodeEndpoint extends Endpoint {
    readonly shell = 'node:http';
    readonly server = createServer((request, response) => this.handle(request, response));
    private readonly sentBy = new Map<number, Sent>();
    private readonly noticed = new Map<number, () => void>();
    private readonly handling: Promise<void>[] = [];

    constructor(override readonly transport: NodeTransport) {
        super(transport);
    }

    async fetch(sent: Sent): Promise<Answer> {
        const connection = await this.connect();
        const gone = this.whenDisconnected(connection);
        this.sentBy.set(connection.localPort, sent);
        connection.write(Buffer.from(headOf(sent), 'latin1'));
        for (const part of bodyOf(sent)) {
            connection.write(part);
        }
        return connection.answer({ withoutBody: sent.method === 'HEAD', onDisconnect: () => gone });
    }

    /** Resolves when the answer to the latest request on this connection is complete or was cut, on the server's side. */
    whenDisconnected(connection: RawConnection): Promise<void> {
        const { noticed } = this;
        const port = connection.localPort;
        return new Promise(resolve => noticed.set(port, resolve));
    }

    /** Resolves when `handleRequest` of every request so far has. */
    async whenHandled(): Promise<void> {
        await Promise.all(this.handling);
    }

    connect(): Promise<RawConnection> {
        return RawConnection.open((this.server.address() as AddressInfo).port);
    }

    async dispose(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise(resolve => this.server.close(resolve));
    }

    private handle(request: IncomingMessage & { auth?: AuthInfo }, response: ServerResponse): void {
        const port = request.socket.remotePort as number;
        const sent = this.sentBy.get(port);
        if (sent?.auth) {
            request.auth = sent.auth;
        }
        const handled = this.transport.handleRequest(request, response, sent?.parsedBody);
        this.handling.push(handled.catch((error: Error) => void this.rejections.push(error.message)));
        // After the transport's own listeners, and the turn in which they act.
        response.on('close', () => setImmediate(() => this.noticed.get(port)?.()));
    }
}

class WebEndpoint extends Endpoint {
    readonly shell = 'fetch';

    constructor(override readonly transport: WebTransport) {
        super(transport);
    }

    async fetch(sent: Sent): Promise<Answer> {
        return new WebAnswer(await this.respond(sent));
    }

    /** As {@link fetch}, without reading the body. */
    respond({ method, headers, body, target = '/mcp', parsedBody, auth }: Sent): Promise<Response> {
        const request = new Request(`http://127.0.0.1${target}`, {
            method,
            headers: headers.map(([name, value]): [string, string] => [name, value]),
            ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> })
        });
        return this.transport.handleRequest(request, { ...(parsedBody !== undefined && { parsedBody }), ...(auth && { authInfo: auth }) });
    }

    dispose(): Promise<void> {
        return Promise.resolve();
    }
}

export type { NodeEndpoint, WebEndpoint };

/** The bytes of a request's head; with `Host` and, for a body, `Content-Length` where the test does not give them. */
export function headOf({ method, headers, body, target = '/mcp', version = '1.1', chunk }: Sent): string {
    const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    if (!has('host') && version === '1.1') {
        lines.unshift('Host: 127.0.0.1');
    }
    if (chunk !== undefined) {
        lines.push('Transfer-Encoding: chunked');
    } else if (body !== undefined && !has('content-length') && !has('transfer-encoding')) {
        lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    }
    return [`${method} ${target} HTTP/${version}`, ...lines, '', ''].join('\r\n');
}

function* bodyOf({ body, chunk }: Sent): Generator<string | Uint8Array> {
    if (chunk === undefined) {
        yield body ?? '';
        return;
    }
    const bytes = Buffer.from((body ?? '') as string);
    for (let at = 0; at < bytes.length; at += chunk) {
        const part = bytes.subarray(at, at + chunk);
        yield Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
    }
    yield '0\r\n\r\n';
}

/** The options that give a session with a known id. */
export const session = { sessionIdGenerator: () => 'session-1' };

/** A transport on sockets, closed when the test ends. */
export async function nodeEndpoint(implementation: Implementation, options: Options = session): Promise<NodeEndpoint> {
    const endpoint = await startNode(implementation, options);
    onTestFinished(() => end(endpoint));
    return endpoint;
}

/** A transport on the fetch API, closed when the test ends. */
export function webEndpoint(implementation: Implementation, options: Options = session): WebEndpoint {
    const endpoint = new WebEndpoint(new implementation.Web(options));
    onTestFinished(() => end(endpoint));
    return endpoint;
}

export async function openEndpoint(implementation: Implementation, shell: Shell, options: Options = session): Promise<Endpoint> {
    return shell === 'fetch' ? webEndpoint(implementation, options) : nodeEndpoint(implementation, options);
}

/** As {@link openEndpoint}, for use with {@link end}. */
export async function startEndpoint(implementation: Implementation, shell: Shell, options: Options): Promise<Endpoint> {
    return shell === 'fetch' ? new WebEndpoint(new implementation.Web(options)) : startNode(implementation, options);
}

export async function end(endpoint: Endpoint): Promise<void> {
    await endpoint.transport.close();
    await endpoint.dispose();
}

async function startNode(implementation: Implementation, options: Options): Promise<NodeEndpoint> {
    const endpoint = new NodeEndpoint(new implementation.Node(options));
    await new Promise<void>(resolve => endpoint.server.listen(0, '127.0.0.1', resolve));
    return endpoint;
}
