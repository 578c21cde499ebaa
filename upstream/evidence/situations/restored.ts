import { Client } from '../client.js';
import type { SessionState } from '../node/session.js';
import { summary, toolText } from '../reply.js';
import type { Situation } from '../situation.js';

/** What a server knows of its client when a node has restored the session by the transport's private fields. */
export const restored: readonly Situation[] = [
    {
        id: 'restored-client',
        situation: "Node B restores the session by hand: it sets the transport's private _initialized and sessionId.",
        changes: ['e'],
        expected: "Calls are served, and the server knows the client's name and capabilities.",
        async run({ a, b }) {
            const client = await new Client('restored').begin(a);
            const call = await (await client.call(b, 'echo')).whole();
            const known = (await b.state(client.sessionId)).client;
            return {
                text: `tools/call: ${summary(call)}; ${describe(known)}`,
                asExpected: toolText(call.messages[0]) === 'echo' && known.name === 'client' && known.capabilities !== undefined
            };
        }
    },
    {
        id: 'restored-question',
        situation: 'After that a tool on B asks the client for input (elicitation), which its client can do.',
        changes: ['e'],
        expected: 'The client is asked.',
        async run({ a, b }) {
            const client = await new Client('restored').begin(a);
            const reply = await client.call(b, 'ask', { args: { question: 'Which one?' } });
            const first = await reply.message();
            const isAsked = first?.method === 'elicitation/create';
            return { text: isAsked ? 'the client is asked' : `the call fails: ${summary(await reply.whole())}`, asExpected: isAsked };
        }
    },
    {
        id: 'restored-by-initialize',
        situation: "Node B also hands the client's initialize, which A has stored, to the transport's onmessage.",
        changes: ['e'],
        expected: "The server knows the client's name and capabilities, and nothing fails.",
        async run({ a, b }) {
            const client = await new Client('restoredByInitialize').begin(a);
            await (await client.call(b, 'echo')).whole();
            const { client: known, errors } = await b.state(client.sessionId);
            return {
                text: `${describe(known)}; onerror: ${JSON.stringify(errors)}`,
                asExpected: known.name === 'client' && known.capabilities !== undefined && errors.length === 0
            };
        }
    }
];

function describe({ name = 'unknown', capabilities }: SessionState['client']): string {
    return `client's name: ${name}; its capabilities: ${capabilities === undefined ? 'unknown' : JSON.stringify(capabilities)}`;
}
