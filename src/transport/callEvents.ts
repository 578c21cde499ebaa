import { isWanted, publish } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import { isRequest, isResponse, type JSONRPCMessage, type JSONRPCRequest, type JSONRPCResponse } from '../jsonrpc/types.js';
import { rpcMethodName } from '../rpcMethodName.js';
import type { PendingRequest } from './requestGroup.js';

/** When a call that somebody wants to know of began, and what its method is called. */
export interface ToldCall {
    readonly method: string;
    readonly began: number;
}

/** @param session its name; empty where it has none, as in memory mode, and then nothing is told. */
export function tellOfStart(request: PendingRequest, message: JSONRPCRequest, session: string): void {
    if (session !== '' && (isWanted('call-started') || isWanted('call-ended'))) {
        const method = rpcMethodName(message.method);
        request.told = { method, began: performance.now() };
        publish('call-started', () => ({ session: fingerprintOfDigest(session), method }));
    }
}

export function tellOfEnd({ told }: PendingRequest, response: JSONRPCResponse, session: string): void {
    if (told) {
        const outcome = 'error' in response ? 'error' : 'result';
        const { method, began } = told;
        const durationMs = performance.now() - began;
        publish('call-ended', () => ({ session: fingerprintOfDigest(session), method, outcome, durationMs }));
    }
}

export function tellOfMessage(message: JSONRPCMessage, session: string): void {
    if (session !== '') {
        const kind = isResponse(message) ? 'response' : isRequest(message) ? 'request' : 'notification';
        publish('message-sent', () => ({ session: fingerprintOfDigest(session), kind }));
    }
}
