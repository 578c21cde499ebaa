import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

/** An event store that is there for the first stream, which is that of `initialize`, and gone afterwards. */
export class FailingEventStore implements EventStore {
    #first: string | undefined;

    async storeEvent(streamId: string): Promise<string> {
        this.#first ??= streamId;
        if (streamId !== this.#first) throw new Error('is down');
        return `${streamId}-event`;
    }

    async replayEventsAfter(): Promise<string> {
        throw new Error('is down');
    }
}
