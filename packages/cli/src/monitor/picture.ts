import type { WatchedEvent, WatchedNode } from '@mcp-sessions/core';
import { chattyEvents, eventText, isAlarming } from '../watch/eventText.js';
import type { NodeNames } from '../watch/nodeNames.js';

/** A line of the page's log. */
export interface PageEvent {
    /** Milliseconds since 1970, by this machine's clock. */
    readonly at: number;
    readonly node: string;
    readonly name: string;
    readonly event: string;
    readonly text: string;
    readonly session?: string;
    /** The node that an answer was handed over to. */
    readonly to?: string;
    /** It comes with each request, and is shown only where all is. */
    readonly isChatty?: true;
    readonly isAlarming?: true;
}

/** What the page is told, by the name of the server-sent event. */
export interface PageMessages {
    /** All that is known, to begin with. */
    picture: {
        readonly backend: string;
        readonly lostMs: number;
        readonly nodes: readonly WatchedNode[];
        readonly events: readonly PageEvent[];
    };
    node: WatchedNode;
    lost: { readonly id: string; readonly how: 'left' | 'silent' };
    events: readonly PageEvent[];
}

/** Events that a page which is opened gets to begin with. */
const maxRemembered = 300;

/** What a page shows at first: the nodes that report now, and what happened last. */
export class Picture {
    private readonly nodes = new Map<string, WatchedNode>();
    private events: PageEvent[] = [];

    constructor(
        private readonly backend: string,
        private readonly names: NodeNames
    ) {}

    get message(): PageMessages['picture'] {
        return { backend: this.backend, lostMs: 3000, nodes: [...this.nodes.values()], events: this.events };
    }

    note(node: WatchedNode): void {
        this.nodes.set(node.id, node);
        this.names.note(node);
    }

    forget(id: string): void {
        this.nodes.delete(id);
    }

    remember(event: PageEvent): PageEvent {
        this.events.push(event);
        if (this.events.length > maxRemembered * 2) {
            this.events = this.events.slice(-maxRemembered);
        }
        return event;
    }

    eventOf(watched: WatchedEvent): PageEvent {
        const { node, name, event, data } = watched;
        return this.remember({
            at: Date.now(),
            node,
            name,
            event,
            text: eventText(event, data, id => this.names.of(id)),
            ...('session' in data && data.session !== undefined && { session: data.session }),
            ...('to' in data && data.outcome === 'delivered' && { to: data.to }),
            ...(chattyEvents.has(event) && { isChatty: true }),
            ...(isAlarming(event) && { isAlarming: true })
        });
    }

    /** Something that happened to a node, rather than on it. */
    nodeEvent({ id, name }: Pick<WatchedNode, 'id' | 'name'>, event: string, text: string): PageEvent {
        return this.remember({ at: Date.now(), node: id, name, event, text, ...(event === 'node-lost' && { isAlarming: true }) });
    }
}
