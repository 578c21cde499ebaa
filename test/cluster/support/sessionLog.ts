import type { Fixture } from './fixture.js';
import type { Wire } from './wire.js';
import type { WireMessage } from './wireStream.js';

/** What is kept of a stream, past all nodes, by the id of one of its events. */
export async function storedMessages({ backend }: Fixture, { sessionId }: Wire, eventId: string): Promise<WireMessage[]> {
    const page = await backend.eventLog().read(sessionId!, eventId.split('~')[0]!, { since: '' }, 1000);
    return (page?.events ?? []).map(({ message }) => message as WireMessage);
}

export const responsesIn = (messages: readonly WireMessage[]): WireMessage[] => messages.filter(({ method }) => method === undefined);
