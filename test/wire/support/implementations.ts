import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport as OfficialNode } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import {
    WebStandardStreamableHTTPServerTransport as OfficialWeb,
    type HandleRequestOptions,
    type WebStandardStreamableHTTPServerTransportOptions
} from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, MessageExtraInfo, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { StreamableHTTPServerTransport as OurNode } from '../../../packages/sdk/src/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport as OurWeb } from '../../../packages/sdk/src/server/webStandardStreamableHttp.js';

/** The options of the official package: what both implementations understand. */
export type Options = WebStandardStreamableHTTPServerTransportOptions;

/** What the two shells of the two implementations have in common. */
export interface WireTransport extends Transport {
    onclose?: () => void;
    onerror?: (error: Error) => void;
    onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
    send(message: JSONRPCMessage, options?: { relatedRequestId?: RequestId }): Promise<void>;
    closeSSEStream(requestId: RequestId): void;
    closeStandaloneSSEStream(): void;
}

export interface NodeTransport extends WireTransport {
    handleRequest(request: IncomingMessage & { auth?: AuthInfo }, response: ServerResponse, parsedBody?: unknown): Promise<void>;
}

export interface WebTransport extends WireTransport {
    handleRequest(request: Request, options?: HandleRequestOptions): Promise<Response>;
}

export interface Implementation {
    readonly name: 'official' | 'ours';
    readonly Node: new (options?: Options) => NodeTransport;
    readonly Web: new (options?: Options) => WebTransport;
}

/** The published package, which is the reference. */
export const official: Implementation = { name: 'official', Node: OfficialNode as never, Web: OfficialWeb };

/** The fork's two modules. */
export const ours: Implementation = { name: 'ours', Node: OurNode as never, Web: OurWeb as never };

export const implementations: readonly Implementation[] = [official, ours];

/** How requests reach a transport: over sockets of `node:http`, or as objects of the fetch API. */
export type Shell = 'node:http' | 'fetch';

export const shells: readonly Shell[] = ['node:http', 'fetch'];

/** Every implementation on every shell, for `describe.each`. */
export const everywhere: readonly (readonly [name: string, shell: Shell, implementation: Implementation])[] = implementations.flatMap(
    implementation => shells.map(shell => [implementation.name, shell, implementation] as const)
);
