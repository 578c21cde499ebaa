import type { NodeProcess } from '../../test/support/nodeProcess.js';
import { type Stage, type Step, until } from './step.js';

/** What the seam leaves to each node. The outcome is told and not judged. */
export const apart: readonly Step[] = [
    {
        title: 'a question of node 1, answered on node 2',
        async run({ session, one, two }) {
            session.override.set('response', two);
            const before = session.sent.length;
            const asking = session.call('ask', one);
            const answer = await until(() => session.sent.slice(before).find(({ rpc }) => rpc === 'response'));
            session.override.clear();
            const { questions } = await session.call('running', one);
            // Once more where it belongs, so that the call ends.
            if (questions === 1) await session.raw(one, 'POST', answer.body);
            await asking;
            return questions === 1 ? `node 2 says ${answer.status}, and node 1 waits on` : `node 1 has the answer`;
        }
    },
    {
        title: 'a call on node 1, cancelled on node 2',
        async run({ session, one, two }) {
            session.override.set('notifications/cancelled', two);
            const before = session.sent.length;
            const cancelling = new AbortController();
            const running = session.call('run', one, cancelling.signal).catch(() => undefined);
            await until(() => session.sent.slice(before).find(({ rpc }) => rpc === 'tools/call'));
            cancelling.abort();
            const cancelled = await until(() => session.sent.slice(before).find(({ rpc }) => rpc === 'notifications/cancelled'));
            session.override.clear();
            const { isAborted } = await session.call('running', one);
            await session.call('release', one);
            await running;
            return isAborted === true ? 'node 1 stopped the call' : `node 2 says ${cancelled.status}, and the call runs on`;
        }
    },
    {
        title: 'a notification of the other node than the one with the GET stream',
        async run(stage) {
            const { session, one, two } = stage;
            const holder = await streamHolder(stage);
            session.logged.length = 0;
            await session.call('announce', holder === one ? two : one);
            await session.call('announce', holder);
            await until(() => session.logged.length > 0);
            return session.logged.length > 1 ? 'the client has it' : 'the client has that of the node with its stream only';
        }
    },
    {
        title: 'the log level, set on the other node',
        async run(stage) {
            const { session, one, two } = stage;
            const holder = await streamHolder(stage);
            session.logged.length = 0;
            session.override.set('logging/setLevel', holder === one ? two : one);
            await session.client.setLoggingLevel('error');
            session.override.clear();
            await session.call('announce', holder);
            // On the same stream, so that what came before it has come.
            await session.call('announceError', holder);
            await until(() => session.logged.includes('error'));
            return session.logged.length > 1 ? 'the node with the stream goes on sending info' : 'both nodes keep to it';
        }
    }
];

/** The node that the client's GET stream is open on. */
async function streamHolder({ session }: Stage): Promise<NodeProcess> {
    const opened = await until(() => session.sent.filter(({ rpc, status }) => rpc === 'GET' && status === 200).at(-1));
    return opened.node;
}
