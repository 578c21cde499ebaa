import { Client } from '../client.js';
import { summary } from '../reply.js';
import type { Situation } from '../situation.js';

/** What a request does on a node that has not seen its session, and what it does not do on the one that has. */
export const otherNode: readonly Situation[] = [
    {
        id: 'request-elsewhere',
        situation: 'A session begins on node A; its next requests reach node B.',
        changes: ['e', 'f'],
        expected: 'Served; or 404, upon which a client begins a new session.',
        async run({ a, b }) {
            const client = await new Client('stored').begin(a);
            const call = await (await client.call(b, 'echo')).whole();
            const stream = await client.get(b);
            // One that is served has no end.
            const get = stream.status === 200 ? stream : await stream.whole();
            const deletion = await (await client.delete(b)).whole();
            await stream.disconnect();
            const replies = { POST: call, GET: get, DELETE: deletion };
            return {
                text: oneOrEach(Object.entries(replies).map(([method, reply]) => ({ method, said: summary(reply) }))),
                asExpected: Object.values(replies).every(({ status }) => status === 200 || status === 404)
            };
        }
    },
    {
        id: 'delete-elsewhere',
        situation: 'Node B has restored the session by hand. DELETE reaches B.',
        changes: ['f'],
        expected: 'The session has ended on A, too: the next request there is 404.',
        async run({ a, b }) {
            const client = await new Client('storedAndRestored').begin(a);
            const deletion = summary(await client.delete(b));
            const next = await (await client.call(a, 'echo')).whole();
            return { text: `DELETE: ${deletion}; the next request on A: ${summary(next)}`, asExpected: next.status === 404 };
        }
    },
    {
        id: 'delete-elsewhere-call',
        situation: 'Node B has restored the session by hand. DELETE reaches B while a call runs on A.',
        changes: [],
        expected: 'The call on A is aborted.',
        async run({ a, b }) {
            const client = await new Client('storedAndRestored').begin(a);
            await client.begun(a, 'wait', 'call');
            const deletion = summary(await client.delete(b));
            const call = await client.callState(a, 'call');
            return { text: `DELETE: ${deletion}; the call on A ${call}`, asExpected: call === 'is aborted' };
        }
    },
    {
        id: 'cancel-elsewhere',
        situation: 'Node B has restored the session by hand. notifications/cancelled for a call on A reaches B.',
        changes: [],
        expected: 'The call on A is aborted.',
        async run({ a, b }) {
            const client = await new Client('restored').begin(a);
            await client.begun(a, 'wait', 'call', { id: 7 });
            const cancellation = await client.post(b, { method: 'notifications/cancelled', params: { requestId: 7 } });
            // When B has answered this, it has dealt with what came before.
            await (await client.call(b, 'echo')).whole();
            const call = await client.callState(a, 'call');
            return { text: `cancellation: ${summary(cancellation)}; the call on A ${call}`, asExpected: call === 'is aborted' };
        }
    },
    {
        id: 'notification-elsewhere',
        situation: "Node B has restored the session by hand and sends a notification. The client's GET stream is open on A.",
        changes: [],
        expected: 'It arrives on the GET stream, or B learns that it could not be sent.',
        async run({ a, b }) {
            const client = await new Client('restored').begin(a);
            const stream = await client.get(a);
            const call = await (await client.call(b, 'notify', { args: { text: 'from B' } })).whole();
            await client.call(a, 'notify', { args: { text: 'from A' } });
            await stream.message(({ params }) => params?.data === 'from A');
            const arrived = stream.messages.filter(({ params }) => params?.data === 'from B').length;
            const { errors } = await b.state(client.sessionId);
            await stream.disconnect();
            return {
                text: `B's tool: ${summary(call)}; arrived: ${arrived} of 1; errors on B: ${errors.length}`,
                asExpected: arrived === 1 || errors.length > 0
            };
        }
    }
];

/** `404 …`, or what each says when they differ. */
function oneOrEach(seen: readonly { readonly method: string; readonly said: string }[]): string {
    const methods = seen.map(({ method }) => method).join(', ');
    const different = new Set(seen.map(({ said }) => said));
    if (different.size === 1) return `${methods}: ${[...different].join('')}`;
    return seen.map(({ method, said }) => `${method}: ${said}`).join('; ');
}
