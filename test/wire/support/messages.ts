import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

export type Json = Record<string, unknown>;

export const both = 'application/json, text/event-stream';

export function initialize(protocolVersion = '2025-06-18', id: unknown = 0): Json {
    return {
        jsonrpc: '2.0',
        id,
        method: 'initialize',
        params: { protocolVersion, capabilities: {}, clientInfo: { name: 'client', version: '1' } }
    };
}

export function request(id: unknown, method = 'wait', params?: Json): Json {
    return { jsonrpc: '2.0', id, method, ...(params && { params }) };
}

export function notification(method = 'notifications/initialized', params?: Json): Json {
    return { jsonrpc: '2.0', method, ...(params && { params }) };
}

export function result(id: unknown, value: Json = {}): JSONRPCMessage {
    return { jsonrpc: '2.0', id, result: value } as JSONRPCMessage;
}

/** A message of the server that belongs to no request. */
export function log(data: unknown): JSONRPCMessage {
    return { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } };
}

/** The bytes of an event. */
export function event(message: unknown, id?: string): string {
    return `event: message\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
}

/** The JSON of an answer that refuses. */
export function refusal(code: number, message: string): string {
    return `{"jsonrpc":"2.0","error":{"code":${code},"message":${JSON.stringify(message)}},"id":null}`;
}
