import { Client } from '../client.js';
import type { EvidenceNode } from '../nodes.js';
import { until } from '../patience.js';
import { summary, toolText, type Message, type Reply } from '../reply.js';
import type { Situation } from '../situation.js';

/** Two sessions on one node whose transports have the same event store. */
export const sharedEventStore: readonly Situation[] = [
    {
        id: 'shared-store-own-id',
        situation: 'Two sessions share an event store with numbered ids. Session 2 resumes its GET stream after its own last event.',
        changes: ['c'],
        expected: 'It is sent what it missed, and nothing of session 1.',
        async run({ a }) {
            const [one, two] = [await new Client('orderedStore').begin(a), await new Client('orderedStore').begin(a)];
            const streams = [await one.get(a), await two.get(a)] as const;
            await notify(one, a, 'for 1');
            await notify(two, a, 'for 2');
            await streams[1].message(withText('for 2'));
            const lastEventId = streams[1].eventIds.at(-1);
            await streams[1].disconnect();
            await notify(one, a, 'missed by 1');
            await notify(two, a, 'missed by 2');
            const resumed = await until(() => unless409(two.get(a, lastEventId)), 'the server to notice that the stream is closed');
            await resumed.message(withText('missed by 2'));
            const texts = resumed.messages.map(({ params }) => String(params?.data));
            await Promise.all([streams[0].disconnect(), resumed.disconnect()]);
            return {
                text: `${summary(resumed)}; session 2 is sent: ${texts.map(text => `"${text}"`).join(', ')}`,
                asExpected: texts.join() === 'missed by 2'
            };
        }
    },
    {
        id: 'shared-store-other-id',
        situation: "Two sessions share the SDK's example event store. Session 2 resumes after an event of a call of session 1.",
        changes: ['c'],
        expected: 'Refused: that event is not of its session.',
        async run({ a }) {
            const begin = () => new Client('exampleStore', '2025-11-25').begin(a);
            const [one, two] = [await begin(), await begin()];
            const call = await one.begun(a, 'wait', 'result of 1');
            await call.until(() => call.eventIds.length > 0);
            const begun = Date.now();
            // The ids of the example are ordered by the clock.
            await until(() => Date.now() > begun || undefined, 'the clock');
            await a.release(one.sessionId, 'result of 1');
            await call.whole();
            const resumed = await two.get(a, call.eventIds[0]);
            const result = await resumed.message(message => toolText(message) !== undefined);
            await resumed.disconnect();
            const sent = result === undefined ? 'nothing' : `"${toolText(result)}"`;
            return { text: `${summary(resumed)}; session 2 is sent: ${sent}`, asExpected: resumed.status >= 400 && result === undefined };
        }
    }
];

function withText(text: string): (message: Message) => boolean {
    return ({ params }) => params?.data === text;
}

async function notify(client: Client, node: EvidenceNode, text: string): Promise<void> {
    await (await client.call(node, 'notify', { args: { text } })).whole();
}

/** A stream that the server still holds open is refused for a moment, and a client then tries again. */
async function unless409(reply: Promise<Reply>): Promise<Reply | undefined> {
    const got = await reply;
    return got.status === 409 ? undefined : got;
}
