import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

type Stored = Parameters<EventStore['storeEvent']>[1];

/** An event store in the simplest form that the interface permits: one log, numbered ids, replay of one stream. */
export class OrderedEventStore implements EventStore {
    readonly #events: { readonly streamId: string; readonly message: Stored }[] = [];

    async storeEvent(streamId: string, message: Stored): Promise<string> {
        return String(this.#events.push({ streamId, message }));
    }

    async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
        return this.#events[Number(eventId) - 1]?.streamId;
    }

    async replayEventsAfter(...[lastEventId, { send }]: Parameters<EventStore['replayEventsAfter']>): Promise<string> {
        const streamId = (await this.getStreamIdForEventId(lastEventId)) ?? '';
        for (const [index, event] of this.#events.entries()) {
            if (index >= Number(lastEventId) && event.streamId === streamId) await send(String(index + 1), event.message);
        }
        return streamId;
    }
}
