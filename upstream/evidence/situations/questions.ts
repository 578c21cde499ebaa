import { Client } from '../client.js';
import type { EvidenceNode } from '../nodes.js';
import { until } from '../patience.js';
import { summary, type Reply } from '../reply.js';
import type { Situation } from '../situation.js';

/** Questions of one session that two nodes ask, each with a server of its own, whose ids begin at 0. */
export const questions: readonly Situation[] = [
    {
        id: 'questions-equal-ids',
        situation: "Nodes A and B have the session, and a tool on each asks the client. The answer to A's question reaches B.",
        changes: ['d'],
        expected: "The ids differ, and B's tool does not take it for the answer to its own question.",
        async run({ a, b }) {
            const client = await new Client('restoredWithCapabilities').begin(a);
            const ids = { a: await idOfQuestion(client, a), b: await idOfQuestion(client, b) };
            await client.answer(b, ids.a, "A's answer");
            // When B has answered this, it has dealt with what came before.
            await (await client.call(b, 'echo')).whole();
            const tools = { a: await client.callState(a, 'ask'), b: await client.callState(b, 'ask') };
            return {
                text: `ids: ${JSON.stringify(ids.a)} and ${JSON.stringify(ids.b)}; B's tool ${tools.b}; A's tool ${tools.a}`,
                asExpected: ids.a !== ids.b && tools.b === 'runs on'
            };
        }
    },
    {
        id: 'answer-elsewhere',
        situation: 'A tool on node A asks the client. The answer reaches B, which has restored the session and asked nothing.',
        changes: [],
        expected: "A's tool gets it; or B refuses it.",
        async run({ a, b }) {
            const client = await new Client('restoredWithCapabilities').begin(a);
            const id = await idOfQuestion(client, a);
            const reply = await client.answer(b, id, 'answer');
            await (await client.call(b, 'echo')).whole();
            const tool = await client.callState(a, 'ask');
            const isTaken = tool === 'returned "answer"';
            return { text: `B: ${summary(reply)}; A's tool ${tool}`, asExpected: isTaken || reply.status >= 400 };
        }
    }
];

/** Has a tool ask, and resolves with the id that the client sees. */
async function idOfQuestion(client: Client, node: EvidenceNode): Promise<unknown> {
    const reply: Reply = await client.begun(node, 'ask', 'ask', { args: { question: 'Which one?' } });
    const question = await until(() => reply.message(({ method }) => method === 'elicitation/create'), 'the question');
    return question.id;
}
