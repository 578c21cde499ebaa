import { Client } from '../client.js';
import type { EvidenceNode } from '../nodes.js';
import { until } from '../patience.js';
import { summary, type Message, type Reply } from '../reply.js';
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
