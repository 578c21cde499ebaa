import {
    watchCluster,
    type ClusterWatch,
    type MessageBus,
    type WatchedEvent,
    type WatchedNode,
    type WatchOptions
} from '@mcp-sessions/core';
import { expect, vi } from 'vitest';

/** A watcher that notes all that it is told. */
export class Watcher {
    readonly states: WatchedNode[] = [];
    readonly events: WatchedEvent[] = [];
    readonly lost: { id: string; name: string; how: string }[] = [];
    readonly errors: Error[] = [];
    dropped = 0;
    #watch: ClusterWatch | undefined;

    static async start(backend: { messageBus: MessageBus }, options: WatchOptions = {}): Promise<Watcher> {
        const watcher = new Watcher();
        watcher.#watch = await watchCluster(backend, {
            onnode: node => void watcher.states.push(node),
            onevent: event => void watcher.events.push(event),
            ondropped: count => void (watcher.dropped += count),
            onlost: ({ id, name }, how) => void watcher.lost.push({ id, name, how }),
            onerror: error => void watcher.errors.push(error),
            ...options
        });
        return watcher;
    }

    get nodes(): WatchedNode[] {
        return [...(this.#watch?.nodes.values() ?? [])];
    }

    get names(): string[] {
        return this.nodes.map(({ name }) => name).sort();
    }

    /** The events of this name, with the names of their nodes. */
    happened(event: WatchedEvent['event']) {
        return this.events.filter(other => other.event === event).map(({ name, data }) => ({ on: name, ...data }));
    }

    /** Waits for it, however slow the machine is. */
    async sees(what: () => void): Promise<void> {
        await vi.waitFor(what, { timeout: 20_000, interval: 20 });
    }

    async seesNodes(...names: string[]): Promise<void> {
        await this.sees(() => expect(this.names).toEqual(names));
    }

    async close(): Promise<void> {
        await this.#watch?.close();
    }
}
