import { STANDALONE, type Call, type Connection, type Exchange, type History, type Seen, type Sent, type Session } from './history.js';

const LIVES: Record<string, number> = { A: 101, B: 102, C: 103 };
const PRIMED = '~~5-0';

/** Writes a history as a cluster without faults would make it: positions and times grow with each message. */
class Author {
    readonly history: History = {
        seed: 'written by hand',
        sessions: [],
        calls: [],
        sent: [],
        questionEnds: [],
        connections: [],
        exchanges: [],
        faults: []
    };
    now = 1000;
    #position = 10;
    #order = 0;

    session(name: string): Session {
        const session: Session = { name };
        this.history.sessions.push(session);
        return session;
    }

    call(session: string, name: string, rpcId: string | number, followed = true): Call {
        const call = { session, name, rpcId, followed };
        this.history.calls.push(call);
        return call;
    }

    open(name: string, session: string, stream: string, node: string, cursor?: string): Connection {
        const events: Seen[] =
            cursor === undefined && stream !== STANDALONE ? [{ at: this.now, kind: 'priming', id: `${stream}${PRIMED}` }] : [];
        const connection: Connection = { name, session, stream, node, sent: this.now++, opened: this.now++, events };
        if (cursor !== undefined) connection.cursor = cursor;
        this.history.connections.push(connection);
        this.exchange({ session, what: stream !== STANDALONE ? (cursor === undefined ? 'call' : 'resume') : 'listen', node, status: 200 });
        return connection;
    }

    close(connection: Connection, closedBy: Connection['closedBy']): void {
        connection.closed = this.now++;
        if (closedBy) connection.closedBy = closedBy;
    }

    /** A node sends a message on a stream, and those connections see it. */
    send(token: string, node: string, seenOn: readonly Connection[]): Seen {
        const [, session = '', stream = '', name = ''] = /^tok:(.+)\/(.+)\/(.+)$/.exec(token) ?? [];
        const kind = name === 'end' ? 'final' : name.startsWith('q') ? 'question' : 'message';
        const sent: Sent = { token, session, stream, kind, node, life: LIVES[node] ?? 0, order: ++this.#order, begun: this.now++ };
        sent.done = this.now++;
        this.history.sent.push(sent);
        const event: Seen = { at: this.now++, kind, token, id: `${stream}~${this.#position++}-0` };
        const call = this.history.calls.find(other => other.session === session && other.name === stream);
        if (kind === 'final' && call) event.rpcId = call.rpcId;
        for (const connection of seenOn) connection.events.push({ ...event });
        return event;
    }

    exchange(exchange: Omit<Exchange, 'begun' | 'ended'>): Exchange {
        const whole = { ...exchange, begun: this.now++, ended: this.now++ };
        this.history.exchanges.push(whole);
        return whole;
    }

    answer(session: string, question: string, node: string): void {
        const value = `to ${question}`;
        this.exchange({ session, what: 'answer', node, status: 202, question, value });
        this.history.questionEnds.push({ question, at: this.now++, value });
    }
}

/**
 * Two sessions on three nodes. In the first: a call that is cut and resumed elsewhere, one with the same id on another node,
 * questions on both kinds of stream, and a standalone stream that moves from node to node. The second ends with a DELETE.
 * And a third, whose call is on a node that is paused, answered with an error, and comes back.
 */
export function rightHistory(): History {
    const author = new Author();
    const { history } = author;
    const session = author.session('s1');
    author.call('s1', 'c1', 1);
    author.call('s1', 'c2', 1);
    const first = author.open('c1 on A', 's1', 'c1', 'A');
    const second = author.open('c2 on B', 's1', 'c2', 'B');
    // Before any stream is open that could carry it.
    const waiting: Seen = author.send('tok:s1/standalone/1', 'A', []);
    const listening = author.open('listening on C', 's1', STANDALONE, 'C');
    listening.events.push(waiting);
    author.send('tok:s1/c1/1', 'A', [first]);
    author.send('tok:s1/c2/1', 'B', [second]);
    author.send('tok:s1/standalone/2', 'B', [listening]);
    const last = author.send('tok:s1/c1/2', 'A', [first]);
    author.close(first, 'client');
    // Sent while nobody reads; seen by whoever resumes.
    const missed = author.send('tok:s1/c1/3', 'A', []);
    const resumed = author.open('c1 resumed on B', 's1', 'c1', 'B', last.id);
    resumed.events.push(missed);
    author.send('tok:s1/c1/q1', 'A', [resumed]);
    author.answer('s1', 'tok:s1/c1/q1', 'B');
    author.send('tok:s1/c2/q1', 'B', [second]);
    author.answer('s1', 'tok:s1/c2/q1', 'A');
    const heard = author.send('tok:s1/standalone/3', 'A', [listening]);
    const taking = author.open('listening on A', 's1', STANDALONE, 'A', heard.id);
    author.close(listening, 'server');
    author.send('tok:s1/standalone/4', 'C', [taking]);
    author.send('tok:s1/standalone/5', 'B', [taking]);
    author.send('tok:s1/c2/end', 'B', [second]);
    author.close(second, 'server');
    author.send('tok:s1/c1/end', 'A', [resumed]);
    author.close(resumed, 'server');
    session.followedUntil = author.now++;
    author.close(taking, 'client');

    const deleted = author.session('s2');
    author.call('s2', 'c1', 1, false);
    const ending = author.open('c1 of s2 on C', 's2', 'c1', 'C');
    author.send('tok:s2/c1/1', 'C', [ending]);
    author.send('tok:s2/c1/2', 'C', [ending]);
    const { begun, ended } = author.exchange({ session: 's2', what: 'delete', node: 'B', status: 200 });
    Object.assign(deleted, { deleteBegun: begun, deleted: ended });
    author.close(ending, 'server');
    author.now += 10_000;
    author.exchange({ session: 's2', what: 'probe', node: 'A', status: 404 });

    author.session('s3');
    author.call('s3', 'c1', 7);
    const paused = author.open('c1 of s3 on A', 's3', 'c1', 'A');
    const known = author.send('tok:s3/c1/1', 'A', [paused]);
    history.faults.push({ kind: 'pause', node: 'A', life: LIVES['A']!, from: author.now++, to: author.now + 5000 });
    author.close(paused, 'client');
    const rescued = author.open('c1 of s3 resumed on C', 's3', 'c1', 'C', known.id);
    author.now += 4000;
    rescued.events.push({ at: author.now++, kind: 'error', id: 'c1~5000-0', rpcId: 7 });
    author.close(rescued, 'server');
    author.now += 2000;
    author.send('tok:s3/c1/2', 'A', []);
    author.send('tok:s3/c1/end', 'A', []);
    return history;
}
