import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { initializeParams } from '../initializeParams.js';
import type { FileSessionStore } from './fileSessionStore.js';

/** The options of a transport that the settings use; they have the same names in both packages. Some only the series has. */
export interface TransportOptions {
    sessionIdGenerator: () => string;
    enableJsonResponse?: boolean;
    eventStore?: EventStore;
    onsessioninitialized?: (sessionId: string) => void | Promise<void>;
    onsessionclosed?: (sessionId: string) => void | Promise<void>;
    /** Of the series; without it the option has no effect. */
    sessionId?: string;
    /** Of the series; without it the option has no effect. */
    sessionStore?: FileSessionStore;
}

/** A call of a tool, and what the tool can do with its client. */
export interface ToolCall {
    readonly tool: string;
    readonly args: Readonly<Record<string, string>>;
    /** Aborted by the client's cancellation, or by the end of the session. */
    readonly signal: AbortSignal;
    /** Elicits one text from the client, on the stream of this call. */
    ask(question: string): Promise<string>;
    /** Sends a log message that belongs to no request. */
    notify(text: string): Promise<void>;
}

export interface ServerOptions {
    readonly transport: TransportOptions;
    readonly runTool: (call: ToolCall) => Promise<string>;
    readonly onerror: (error: Error) => void;
}

/** The one message that a node hands to a server itself, to restore a session. */
export interface InitializeRequest {
    readonly jsonrpc: '2.0';
    readonly id: string;
    readonly method: 'initialize';
    readonly params: ReturnType<typeof initializeParams>;
}

/** A server and its transport, connected. */
export interface Connected {
    readonly server: object;
    readonly transport: {
        readonly sessionId?: string | undefined;
        readonly onmessage?: ((message: InitializeRequest) => void) | undefined;
        handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
    };
    /** What the server says of its client. */
    client(): { readonly name: string | undefined; readonly capabilities: object | undefined };
}

/** One of the packages that are compared: how a server is set up with it, so that all else is written once. */
export type Sdk = (options: ServerOptions) => Promise<Connected>;

/** The options of a server. The series has a prefix for the ids of its requests; without it that option has no effect. */
export const serverOptions = { capabilities: { tools: {}, logging: {} }, requestIdPrefix: `${process.env['NODE_NAME']}-` };

/** What `ask` elicits: a form with one field. */
export const askedForm = { type: 'object', properties: { answer: { type: 'string' } } } as const;
