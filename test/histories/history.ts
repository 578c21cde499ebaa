// What happened in a run: all that the servers of a cluster sent, all that clients saw and did, and what befell the nodes.
// Times are milliseconds of one clock that all processes of the machine share.

/** The name of the stream that carries what belongs to no call; every other stream has the name of its call. */
export const STANDALONE = 'standalone';

/** A message that a server sent. Its token is found in no other message. */
export interface Sent {
    token: string;
    session: string;
    /** Where it belongs: the name of a call, or {@link STANDALONE}. */
    stream: string;
    kind: 'message' | 'question' | 'final';
    node: string;
    /** Which life of the node: its process id. */
    life: number;
    /** Grows with each message that this life of the node began to send. */
    order: number;
    begun: number;
    /** When the server was told that it is sent; undefined when it was told otherwise, or died before. */
    done?: number;
    failure?: string;
}

/** How a question ended at the server that asked it. */
export interface QuestionEnd {
    question: string;
    at: number;
    /** The answer that the server got; undefined when it gave up. */
    value?: string;
    failure?: string;
}

/** One event as a client saw it. */
export interface Seen {
    at: number;
    /** The event's id. */
    id?: string;
    /** `priming` carries no message; `error` is a final that no server's tool sent. */
    kind: 'priming' | 'message' | 'question' | 'final' | 'error';
    token?: string;
    /** Of a final: the JSON-RPC id. */
    rpcId?: string | number;
}

/** One HTTP answer that a client read as a stream: that of a POST with a call, or that of a GET. */
export interface Connection {
    name: string;
    session: string;
    stream: string;
    node: string;
    /** What the client sent as `Last-Event-ID`. */
    cursor?: string;
    /** When the client sent the request. */
    sent: number;
    /** When the head of the answer came; undefined when none came. */
    opened?: number;
    events: Seen[];
    closed?: number;
    /** `client` where it cut the connection itself, `break` where the connection failed. */
    closedBy?: 'server' | 'client' | 'break';
}

/** A call of a tool. */
export interface Call {
    session: string;
    name: string;
    rpcId: string | number;
    /** When a client began to cancel it. */
    cancelled?: number;
    /** Whether its client read on until the end, over as many connections as it took. */
    followed: boolean;
}

/** A request whose HTTP answer says all: an answer to a question, a cancellation, a DELETE, or one that was to be refused. */
export interface Exchange {
    session: string;
    what: 'call' | 'listen' | 'resume' | 'answer' | 'cancel' | 'delete' | 'probe';
    node: string;
    begun: number;
    ended: number;
    /** Undefined where no answer came. */
    status?: number;
    /** Of an answer: the question's token, and what was answered. */
    question?: string;
    value?: string;
}

export interface Session {
    name: string;
    /** When a DELETE was first sent, and when one was first answered with 200. */
    deleteBegun?: number;
    deleted?: number;
    /** What was sent on the standalone stream by then, the client waited for; undefined when it gave the stream up. */
    followedUntil?: number;
}

/** What befell a node. A kill ends with the start of the next life; `life` is the one that was killed or paused. */
export interface Fault {
    kind: 'kill' | 'pause';
    node: string;
    life: number;
    from: number;
    /** Infinity while it lasts. */
    to: number;
}

export interface History {
    /** What the run is replayed with. */
    seed: string;
    sessions: Session[];
    calls: Call[];
    sent: Sent[];
    questionEnds: QuestionEnd[];
    connections: Connection[];
    exchanges: Exchange[];
    faults: Fault[];
}

/** Something that must not be, and the messages that show it. */
export interface Violation {
    predicate: string;
    guarantees: string;
    what: string;
    session?: string;
    stream?: string;
    tokens?: readonly string[];
}

/** A claim about histories. */
export interface Predicate {
    readonly name: string;
    /** The numbers in SPEC.md that it speaks of. */
    readonly guarantees: string;
    /** What contradicts the claim. */
    check(history: History): Finding[];
}

export type Finding = Omit<Violation, 'predicate' | 'guarantees'>;
