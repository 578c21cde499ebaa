import { describe, expect, it } from 'vitest';
import type { Connection, History, Seen } from './history.js';
import { predicates, violations } from './predicates.js';
import { rightHistory } from './rightHistory.js';

const on = (history: History, name: string): Connection => history.connections.find(connection => connection.name === name)!;
const take = (connection: Connection, token: string): Seen => {
    const index = connection.events.findIndex(event => event.token === token);
    return connection.events.splice(index, 1)[0]!;
};
const find = (connection: Connection, token: string): Seen => connection.events.find(event => event.token === token)!;
const exchange = (history: History, what: string, token?: string) =>
    history.exchanges.find(other => other.what === what && other.question === token)!;
const sent = (history: History, token: string) => history.sent.find(other => other.token === token)!;
const swapMessages = (connection: Connection, i: number, j: number): void => {
    const [a, b] = [connection.events[i]!, connection.events[j]!];
    [a.token, b.token] = [b.token!, a.token!];
};

/** What is done to a right history, and the one predicate that must object. */
const breaks: { predicate: string; how: string; spoil: (history: History) => void }[] = [
    {
        predicate: 'exactly once',
        how: 'a message of a call is seen nowhere',
        spoil: history => void take(on(history, 'c1 resumed on B'), 'tok:s1/c1/3')
    },
    {
        predicate: 'exactly once',
        how: 'a message that belongs to no call is seen nowhere',
        spoil: history => void take(on(history, 'listening on A'), 'tok:s1/standalone/4')
    },
    {
        predicate: 'exactly once',
        how: 'a message that waited for a GET is seen nowhere',
        spoil: history => void take(on(history, 'listening on C'), 'tok:s1/standalone/1')
    },
    {
        predicate: 'exactly once',
        how: 'a message comes twice on a connection',
        spoil: history => {
            const { events } = on(history, 'c2 on B');
            events.splice(2, 0, { ...events[1]! });
        }
    },
    {
        predicate: 'exactly once',
        how: 'the event that the client named comes again',
        spoil: history => on(history, 'c1 resumed on B').events.unshift({ ...find(on(history, 'c1 on A'), 'tok:s1/c1/2') })
    },
    {
        predicate: 'exactly once',
        how: 'a final comes twice',
        spoil: history => {
            const { events } = on(history, 'c2 on B');
            events.push({ ...events.at(-1)! });
        }
    },
    {
        predicate: 'exactly once',
        how: 'a new GET without an event id gets what another had',
        spoil: history => {
            const { events } = on(history, 'listening on C');
            const newer = on(history, 'listening on A');
            delete newer.cursor;
            newer.events.unshift({ ...events.at(-1)! });
        }
    },
    {
        predicate: 'exactly once',
        how: 'a connection leaves out what another one of the stream had',
        spoil: history => {
            const older = on(history, 'c1 on A');
            take(on(history, 'c1 resumed on B'), 'tok:s1/c1/3');
            // Seen, but only on a connection that was given up, behind the event that the client named.
            older.events.push({ at: older.closed! - 1, kind: 'message', token: 'tok:s1/c1/3', id: 'c1~15-0' });
        }
    },
    {
        predicate: 'order',
        how: 'two messages of a call change places',
        spoil: history => swapMessages(on(history, 'c1 resumed on B'), 0, 1)
    },
    {
        predicate: 'order',
        how: 'two messages of different nodes change places',
        spoil: history => swapMessages(on(history, 'listening on A'), 0, 1)
    },
    {
        predicate: 'one stream',
        how: 'a message of a call comes on the standalone stream too',
        spoil: history => on(history, 'listening on C').events.push({ ...find(on(history, 'c1 on A'), 'tok:s1/c1/1') })
    },
    {
        predicate: 'one stream',
        how: 'a message comes on the stream of another call instead',
        spoil: history => on(history, 'c2 on B').events.splice(1, 0, take(on(history, 'c1 resumed on B'), 'tok:s1/c1/3'))
    },
    {
        predicate: 'nobody else’s',
        how: 'a message comes to another session instead',
        spoil: history => on(history, 'c1 of s2 on C').events.push(take(on(history, 'c2 on B'), 'tok:s1/c2/1'))
    },
    {
        predicate: 'nobody else’s',
        how: 'a message comes that no server sent',
        spoil: history => {
            const { events } = on(history, 'c2 on B');
            events.splice(1, 0, { at: events[1]!.at, kind: 'message', token: 'tok:s1/c2/forged', id: 'c2~9-0' });
        }
    },
    {
        predicate: 'ids',
        how: 'an id is not greater than the one before it',
        spoil: history => void (find(on(history, 'c1 resumed on B'), 'tok:s1/c1/q1').id = 'c1~15-0')
    },
    {
        predicate: 'ids',
        how: 'an id is not greater than the one that the client named',
        spoil: history => void (find(on(history, 'listening on A'), 'tok:s1/standalone/4').id = 'standalone~2-0')
    },
    {
        predicate: 'ids',
        how: 'two streams have one id',
        spoil: history => void (find(on(history, 'c2 on B'), 'tok:s1/c2/1').id = find(on(history, 'c1 on A'), 'tok:s1/c1/1').id!)
    },
    {
        predicate: 'ids',
        how: 'a message of another stream that was sent later has a smaller id',
        spoil: history => void (find(on(history, 'c2 on B'), 'tok:s1/c2/1').id = 'c2~6-0')
    },
    {
        predicate: 'ids',
        how: 'a message has another id when it is replayed',
        spoil: history => {
            const resumed = on(history, 'c1 resumed on B');
            resumed.cursor = find(on(history, 'c1 on A'), 'tok:s1/c1/1').id!;
            resumed.events.unshift({ ...find(on(history, 'c1 on A'), 'tok:s1/c1/2'), id: 'c1~15-1' }, ...[]);
            resumed.events[1]!.id = 'c1~15-2';
        }
    },
    {
        predicate: 'ids',
        how: 'an event has no id',
        spoil: history => delete find(on(history, 'listening on C'), 'tok:s1/standalone/1').id
    },
    {
        predicate: 'one final',
        how: 'a call has an error and a result',
        spoil: history => {
            const rescued = on(history, 'c1 of s3 resumed on C');
            rescued.events.push({ at: rescued.closed!, kind: 'final', token: 'tok:s3/c1/end', id: 'c1~5001-0', rpcId: 7 });
        }
    },
    {
        predicate: 'one final',
        how: 'a call has two errors',
        spoil: history => {
            const { events } = on(history, 'c1 of s3 resumed on C');
            events.push({ ...events[0]!, id: 'c1~5001-0' });
        }
    },
    {
        predicate: 'one final',
        how: 'a client that waits gets no final',
        spoil: history => void take(on(history, 'c1 resumed on B'), 'tok:s1/c1/end')
    },
    {
        predicate: 'one final',
        how: 'a call is answered with an error though its node is well',
        spoil: history => {
            const { events } = on(history, 'c2 on B');
            const { at, id, rpcId } = events.pop()!;
            events.push({ at, id: id!, rpcId: rpcId!, kind: 'error' });
        }
    },
    {
        predicate: 'one final',
        how: 'a message comes after the final',
        spoil: history => {
            const connection = on(history, 'c2 on B');
            const late = { token: 'tok:s1/c2/late', order: 9000, begun: connection.closed!, done: connection.closed! };
            history.sent.push({ ...sent(history, 'tok:s1/c2/1'), ...late });
            const id = connection.events.at(-1)!.id!.replace(/0$/, '1');
            connection.events.push({ at: connection.closed!, kind: 'message', token: late.token, id });
        }
    },
    {
        predicate: 'one final',
        how: 'the server leaves the connection open after the final',
        spoil: history => Object.assign(on(history, 'c1 resumed on B'), { closedBy: 'client', closed: 100_000 })
    },
    {
        predicate: 'own final',
        how: 'two calls with one id get each other’s results',
        spoil: history => {
            const [a, b] = [on(history, 'c1 resumed on B').events.at(-1)!, on(history, 'c2 on B').events.at(-1)!];
            [a.token, b.token] = [b.token!, a.token!];
        }
    },
    {
        predicate: 'own final',
        how: 'a final has another JSON-RPC id',
        spoil: history => void (on(history, 'c2 on B').events.at(-1)!.rpcId = '1~1')
    },
    {
        predicate: 'own answer',
        how: 'two questions get each other’s answers',
        spoil: history => {
            const [a, b] = [history.questionEnds[0]!, history.questionEnds[1]!];
            [a.value, b.value] = [b.value!, a.value!];
        }
    },
    {
        predicate: 'accepted answer',
        how: 'an answer is accepted and the server that asked never gets it',
        spoil: history => void history.questionEnds.pop()
    },
    {
        predicate: 'accepted answer',
        how: 'a question fails though its call goes on',
        spoil: history => history.questionEnds.splice(0, 1, { question: 'tok:s1/c1/q1', at: 2000, failure: 'Timed out' })
    },
    {
        predicate: 'nothing after DELETE',
        how: 'an event comes',
        spoil: history => {
            const connection = on(history, 'c1 of s2 on C');
            connection.events.at(-1)!.at = history.sessions[1]!.deleted! + 9000;
        }
    },
    {
        predicate: 'nothing after DELETE',
        how: 'a connection stays open',
        spoil: history => void (on(history, 'c1 of s2 on C').closed! += 9000)
    },
    {
        predicate: 'nothing after DELETE',
        how: 'a node still lets requests in',
        spoil: history => void (exchange(history, 'probe').status = 200)
    },
    {
        predicate: 'nothing after DELETE',
        how: 'a call still runs',
        spoil: history => {
            const { deleted } = history.sessions[1]!;
            const template = sent(history, 'tok:s2/c1/2');
            history.sent.push({ ...template, token: 'tok:s2/c1/3', order: 9000, begun: deleted! + 9000, done: deleted! + 9001 });
        }
    },
    {
        predicate: 'one listener',
        how: 'an older GET stays open beside a newer one',
        spoil: history => void (on(history, 'listening on C').closed! += 9000)
    },
    {
        predicate: 'served',
        how: 'a request of a session that lives is 404',
        spoil: history => void (exchange(history, 'resume').status = 404)
    },
    {
        predicate: 'served',
        how: 'an answer is refused though the server that asked is there',
        spoil: history => {
            exchange(history, 'answer', 'tok:s1/c1/q1').status = 410;
        }
    },
    {
        predicate: 'served',
        how: 'a connection breaks',
        spoil: history => void (on(history, 'c2 on B').closedBy = 'break')
    }
];

describe('the checker of histories', () => {
    it('objects to nothing in a right history', () => {
        expect(violations(rightHistory())).toEqual([]);
    });

    it.each(breaks)('$predicate: $how', ({ predicate, spoil }) => {
        const history = rightHistory();
        spoil(history);
        expect([...new Set(violations(history).map(violation => violation.predicate))]).toEqual([predicate]);
    });

    it('has a broken history for every predicate', () => {
        expect(new Set(breaks.map(({ predicate }) => predicate))).toEqual(new Set(predicates.map(({ name }) => name)));
    });
});
