import { isWanted, publish } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import type { Exchange } from '../transport/exchange.js';
import type { SessionTransport } from './sessionTransport.js';
import { whenAnswered } from './whenAnswered.js';

const methods = new Set(['GET', 'POST', 'DELETE']);

/** Which session's transport serves a request that somebody wants to know of. */
const underWay = new WeakMap<Exchange, { transport?: SessionTransport }>();

/** Has a request told of when it is over, if somebody wants to know of it. To be called before anybody answers. */
export function tellOfRequest(exchange: Exchange): void {
    if (!isWanted('request')) {
        return;
    }
    const served: { transport?: SessionTransport } = {};
    const began = performance.now();
    underWay.set(exchange, served);
    whenAnswered(exchange, status =>
        publish('request', () => ({
            ...sessionOf(served.transport),
            method: methods.has(exchange.method) ? exchange.method : 'other',
            status,
            durationMs: performance.now() - began
        }))
    );
}

/** The request is this session's. */
export function noteServedBy(exchange: Exchange, transport: SessionTransport): void {
    const served = underWay.get(exchange);
    if (served) {
        served.transport = transport;
    }
}

function sessionOf(transport: SessionTransport | undefined): { session?: string } {
    return transport?.sessionId === undefined ? {} : { session: fingerprintOfDigest(transport.sessionName) };
}
