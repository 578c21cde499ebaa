import type { Call, Connection, Fault, History, Seen, Sent, Session } from './history.js';

/**
 * What a guarantee gives a second for may take this long here, in milliseconds: the processes of a run share few cores.
 * A fault counts for as long after its end, too.
 */
export const GRACE_MS = 3000;

/** A history with what the predicates look up in it. */
export class View {
    readonly #sent: Map<string, Sent>;
    readonly #sessions: Map<string, Session>;
    readonly #calls: Map<string, Call>;
    readonly #streams = new Map<string, Connection[]>();
    static readonly #views = new WeakMap<History, View>();

    /** The same for the same history, which must not change any more. */
    static of(history: History): View {
        let view = View.#views.get(history);
        if (!view) {
            view = new View(history);
            View.#views.set(history, view);
        }
        return view;
    }

    private constructor(readonly history: History) {
        this.#sent = new Map(history.sent.map(sent => [sent.token, sent]));
        this.#sessions = new Map(history.sessions.map(session => [session.name, session]));
        this.#calls = new Map(history.calls.map(call => [`${call.session}/${call.name}`, call]));
        for (const connection of [...history.connections].sort((a, b) => a.sent - b.sent)) {
            const key = `${connection.session}/${connection.stream}`;
            this.#streams.set(key, [...(this.#streams.get(key) ?? []), connection]);
        }
    }

    sentAs(token: string | undefined): Sent | undefined {
        return token === undefined ? undefined : this.#sent.get(token);
    }

    session(name: string): Session | undefined {
        return this.#sessions.get(name);
    }

    call(session: string, name: string): Call | undefined {
        return this.#calls.get(`${session}/${name}`);
    }

    /** The connections of each stream that a client read, in the order in which it made them. */
    get streams(): Connection[][] {
        return [...this.#streams.values()];
    }

    connectionsOf(session: string, stream: string): Connection[] {
        return this.#streams.get(`${session}/${stream}`) ?? [];
    }

    /** What was seen on a connection and belongs there. */
    own(connection: Connection): Seen[] {
        return connection.events.filter(event => {
            const sent = this.sentAs(event.token);
            return !sent || (sent.session === connection.session && sent.stream === connection.stream);
        });
    }

    /** The node that runs a call. */
    nodeOf(call: Call): string | undefined {
        return this.connectionsOf(call.session, call.name)[0]?.node;
    }

    /** What befell a node in this time, or so shortly before that it may still have been felt. */
    faults(node: string | undefined, from: number, to = Infinity): Fault[] {
        return this.history.faults.filter(fault => fault.node === node && fault.from <= to && fault.to + GRACE_MS >= from);
    }

    isDisturbed(node: string | undefined, from: number, to?: number): boolean {
        return this.faults(node, from, to).length > 0;
    }
}

/**
 * Orders event ids by what the log says of them: `<stream>~<position>`, or `<stream>~~<position>` for a priming event, where a
 * position is one number or several with `-` between them. Negative when the first is the earlier one.
 */
export function comparePositions(a: string, b: string): number {
    const [first, second] = [a, b].map(numbersOf) as [number[], number[]];
    for (let i = 0; i < Math.max(first.length, second.length); i++) {
        const difference = (first[i] ?? -1) - (second[i] ?? -1);
        if (difference !== 0) return difference;
    }
    return 0;
}

function numbersOf(eventId: string): number[] {
    const position = eventId.slice(eventId.lastIndexOf('~') + 1);
    return position === '' ? [] : position.split('-').map(Number);
}
