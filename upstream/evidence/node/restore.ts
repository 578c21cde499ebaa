import { initializeParams } from '../initializeParams.js';
import { adoptClient, adoptSession } from './privateFields.js';
import type { Connected } from './sdk.js';

/** Makes a new server and its transport those of a session that another node began. */
export type Restore = (connected: Connected, sessionId: string) => void;

// What the other node could have stored of the client.
const stored = initializeParams('2025-06-18');

/** By the transport alone. */
export const restoreTransport: Restore = (connected, sessionId) => {
    // A package that understands the option sessionId has done it.
    if (connected.transport.sessionId !== sessionId) adoptSession(connected, sessionId);
    restorePublicly(connected);
};

/** The transport, and the capabilities that the server is to know. */
export const restoreWithCapabilities: Restore = (connected, sessionId) => {
    restoreTransport(connected, sessionId);
    if (connected.client().capabilities === undefined) adoptClient(connected, stored.capabilities);
};

/** The transport, and the client's `initialize` handed to the server as if it had arrived. */
export const restoreByInitialize: Restore = (connected, sessionId) => {
    restoreTransport(connected, sessionId);
    if (connected.client().capabilities !== undefined) return;
    connected.transport.onmessage?.({ jsonrpc: '2.0', id: 'restore', method: 'initialize', params: stored });
};

/** As the series would have it, where a package has that method. */
function restorePublicly({ server }: Connected): void {
    const restore: unknown = Reflect.get(server, 'restoreInitializeState');
    if (typeof restore === 'function') Reflect.apply(restore, server, [stored]);
}
