import { RedisEventLog } from '@mcp-sessions/redis';
import type { Fixture } from './fixture.js';
import type { Wire } from './wire.js';
import type { WireMessage } from './wireStream.js';

/** What Redis keeps of a stream, past all nodes, by the id of one of its events. */
export async function storedMessages({ redis, keyPrefix }: Fixture, { sessionId }: Wire, eventId: string): Promise<WireMessage[]> {
    const log = new RedisEventLog({ redis, keyPrefix });
    const page = await log.read(sessionId!, eventId.split('~')[0]!, { since: '' }, 1000);
    return (page?.events ?? []).map(({ message }) => message as WireMessage);
}

export const responsesIn = (messages: readonly WireMessage[]): WireMessage[] => messages.filter(({ method }) => method === undefined);
