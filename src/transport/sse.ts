import type { JSONRPCMessage } from '../jsonrpc/types.js';

/** A comment that keeps proxies from cutting an idle stream. */
export const keepAliveFrame = ': keepalive\n\n';

/** Whether an event id can stand in an `id:` field without ending it, and survive the way back in a header. */
export function isEventId(eventId: string): boolean {
    return !/[\r\n\0]/.test(eventId);
}

/** One message as an event. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function messageFrame(message: JSONRPCMessage, eventId: string | undefined): string {
    const id = eventId ? `id: ${eventId}\n` : '';
    return `event: message\n${id}data: ${JSON.stringify(message)}\n\n`;
}

/** An event without data that hands the client its first cursor, and how soon to come back. */
export function primingFrame(eventId: string, retryMs: number | undefined): string {
    const retry = retryMs === undefined ? '' : `retry: ${retryMs}\n`;
    return `id: ${eventId}\n${retry}data: \n\n`;
}

/** Tells the client how long to wait, in milliseconds, before it comes back. */
export function retryFrame(retryMs: number): string {
    return `retry: ${retryMs}\n\n`;
}
