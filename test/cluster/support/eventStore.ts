import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** An event store of one process, enough for streams to be resumable and so to have priming events. */
export function openEventStore() {
    const events: { stream: string; message: JSONRPCMessage }[] = [];
    const idOf = (position: number) => `event-${position}`;
    return {
        storeEvent: (stream: string, message: JSONRPCMessage) => Promise.resolve(idOf(events.push({ stream, message }))),
        replayEventsAfter: async (lastEventId: string, { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> }) => {
            const position = Number(lastEventId.replace('event-', ''));
            const stream = events[position - 1]?.stream;
            if (stream === undefined) throw new Error('No such event');
            for (const [index, event] of events.entries()) {
                if (index >= position && event.stream === stream) await send(idOf(index + 1), event.message);
            }
            return stream;
        }
    };
}
