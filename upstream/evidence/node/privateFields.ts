// What the work-arounds write and the counts read: fields that the packages declare private, by the same names in both.

import type { Connected } from './sdk.js';

/** How many entries a transport holds, by what they are of. */
export interface Entries {
    readonly streams: number;
    readonly requests: number;
    readonly responses: number;
}

/** Makes a new transport one of a session that another node began, as users of the packages do. */
export function adoptSession({ transport }: Connected, sessionId: string): void {
    const inner = innerTransport(transport);
    field(inner, '_initialized');
    Reflect.set(inner, '_initialized', true);
    Reflect.set(inner, 'sessionId', sessionId);
}

/** Has a server know its client, as users of the packages do. */
export function adoptClient({ server, client }: Connected, capabilities: object): void {
    Reflect.set(server, '_clientCapabilities', capabilities);
    if (client().capabilities === undefined) throw new Error(`${server.constructor.name} takes no capabilities from outside any more.`);
}

export function entriesOf({ transport }: Connected): Entries {
    const inner = innerTransport(transport);
    return {
        streams: sizeOf(inner, '_streamMapping'),
        requests: sizeOf(inner, '_requestToStreamMapping'),
        responses: sizeOf(inner, '_requestResponseMap')
    };
}

function innerTransport(transport: object): object {
    const inner = field(transport, '_webStandardTransport');
    if (typeof inner !== 'object' || inner === null) throw new Error('_webStandardTransport is not an object any more.');
    return inner;
}

function sizeOf(holder: object, name: string): number {
    const map = field(holder, name);
    if (!(map instanceof Map)) throw new Error(`${name} is not a Map any more.`);
    return map.size;
}

/** Nothing is worse than to measure a field that is not there. */
function field(holder: object, name: string): unknown {
    if (!(name in holder)) throw new Error(`${holder.constructor.name} has no ${name} any more.`);
    return Reflect.get(holder, name) as unknown;
}
