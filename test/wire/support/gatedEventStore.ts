import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

interface Stored {
    readonly id: string;
    readonly streamId: string;
    readonly message: JSONRPCMessage;
}

/** The points at which a test can make the store wait. */
export type Gate = 'before store' | 'after store' | 'lookup' | 'before replay' | 'after replay';

/** An event store in memory whose ids count up, and which waits where a test tells it to. */
export class GatedEventStore implements EventStore {
    readonly events: Stored[] = [];
    private readonly gates = new Map<Gate, { reached: () => void; opened: Promise<Error | undefined> }>();

    /** Makes the next pass of this point wait until it is opened, or fail. `reached` resolves when it waits. */
    gate(name: Gate): { reached: Promise<void>; open: () => void; fail: (error: Error) => void } {
        let settle!: (error: Error | undefined) => void;
        let reached!: () => void;
        const opened = new Promise<Error | undefined>(resolve => (settle = resolve));
        const whenReached = new Promise<void>(resolve => (reached = resolve));
        this.gates.set(name, { reached, opened });
        return { reached: whenReached, open: () => settle(undefined), fail: settle };
    }

    async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
        await this.pass('before store');
        const id = `e${this.events.length + 1}`;
        this.events.push({ id, streamId, message });
        await this.pass('after store');
        return id;
    }

    async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
        await this.pass('lookup');
        return this.find(eventId)?.streamId;
    }

    async replayEventsAfter(
        lastEventId: string,
        { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> }
    ): Promise<string> {
        await this.pass('before replay');
        const last = this.find(lastEventId);
        if (!last) {
            throw new Error(`unknown event ${lastEventId}`);
        }
        for (const { id, streamId, message } of this.events.slice(this.events.indexOf(last) + 1)) {
            // A priming event has no message.
            if (streamId === last.streamId && Object.keys(message).length > 0) {
                await send(id, message);
            }
        }
        await this.pass('after replay');
        return last.streamId;
    }

    /** This store as one that lacks the optional method. */
    withoutLookup(): EventStore {
        return {
            storeEvent: (streamId, message) => this.storeEvent(streamId, message),
            replayEventsAfter: (lastEventId, replay) => this.replayEventsAfter(lastEventId, replay)
        };
    }

    private find(eventId: string): Stored | undefined {
        return this.events.find(({ id }) => id === eventId);
    }

    private async pass(name: Gate): Promise<void> {
        const gate = this.gates.get(name);
        if (gate) {
            this.gates.delete(name);
            gate.reached();
            const error = await gate.opened;
            if (error) {
                throw error;
            }
        }
    }
}
