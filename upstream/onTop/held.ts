import { expect, PING, type Step, until } from './step.js';

const RUN = JSON.stringify({ jsonrpc: '2.0', id: 'run', method: 'tools/call', params: { name: 'run', arguments: {} } });

/** A session on two nodes: each of these must hold. */
export const onTwoNodes: readonly Step[] = [
    {
        title: 'initialize on node 1 stores the session',
        async run({ session, redis }) {
            await session.connect();
            const keys = await redis.command('DBSIZE');
            expect(Number(keys) === 1, `keys in Redis: ${String(keys)}`);
            return 'one record in Redis';
        }
    },
    {
        title: 'node 2, which has never seen the client, answers',
        async run({ session, two }) {
            const { node, client, canElicit } = await session.call('whoami', two);
            const seen = JSON.stringify({ node, client, canElicit });
            expect(node === '2' && canElicit === true && (client as { name?: string }).name === 'onTop', seen);
            return `answered by node ${String(node)}, which knows the client's name and capabilities`;
        }
    },
    {
        title: '100 calls in turn on both nodes',
        async run({ session, one, two }) {
            const served: Record<string, number> = {};
            for (let index = 0; index < 100; index++) {
                const { node } = await session.call('whoami', index % 2 === 0 ? one : two);
                served[String(node)] = (served[String(node)] ?? 0) + 1;
            }
            expect(served['1'] === 50 && served['2'] === 50, JSON.stringify(served));
            return 'all answered, 50 by each';
        }
    },
    {
        title: 'a question of node 2, answered on node 2',
        async run({ session, two }) {
            const { action } = await session.call('ask', two);
            expect(action === 'accept', String(action));
            return 'the call went on with the answer';
        }
    }
];

/** What a session outlives, and what it does not: each of these must hold. */
export const throughFailures: readonly Step[] = [
    {
        title: 'Redis is away: 503 and no 404; then it goes on',
        async run({ session, one, two, redis }) {
            await redis.halt();
            const away = await Promise.all([one, two].map(node => session.raw(node, 'POST', PING)));
            const statuses = away.map(({ status, headers }) => `${status}, Retry-After: ${headers.get('retry-after')}`);
            await redis.start();
            expect(
                statuses.every(status => status === '503, Retry-After: 1'),
                statuses.join('; ')
            );
            await until(async () => (await Promise.all([one, two].map(node => session.raw(node, 'POST', PING)))).every(({ ok }) => ok));
            return '503 with Retry-After on both nodes, then the same session';
        }
    },
    {
        title: 'kill -9 of node 1, which runs a call: the session goes on at node 2',
        async run({ session, one, two }) {
            const running = await session.raw(one, 'POST', RUN);
            await one.kill();
            const rest = await running.text().catch(() => '');
            const { node } = await session.call('whoami', two);
            expect(node === '2', String(node));
            return `answered by node 2; ${rest.includes('"result"') ? 'the call was answered' : 'the call that ran on node 1 got no answer'}`;
        }
    },
    {
        title: 'a new process as node 1 serves it, too',
        async run({ session, one }) {
            await one.restart();
            const { node } = await session.call('whoami', one);
            expect(node === '1', String(node));
            return `answered by node ${String(node)}`;
        }
    },
    {
        title: 'DELETE on node 2 ends it on node 1',
        async run({ session, one, two, redis }) {
            const deleted = await session.raw(two, 'DELETE');
            const after = await session.raw(one, 'POST', PING);
            const keys = await redis.command('DBSIZE');
            const seen = `DELETE ${deleted.status}, then ${after.status} on node 1, ${String(keys)} keys in Redis`;
            expect(deleted.status === 200 && after.status === 404 && Number(keys) === 0, seen);
            return seen;
        }
    }
];
