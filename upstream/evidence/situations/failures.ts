import { Client } from '../client.js';
import type { SettingName } from '../node/settings.js';
import { until } from '../patience.js';
import { summary, toolText, type Reply } from '../reply.js';
import type { Situation } from '../situation.js';

const expected = '500 -32603, without the text of the exception.';

/** An event store that throws, and callbacks that throw. Their exception says "is down". */
export const failures: readonly Situation[] = [
    failingInitialize('session-id-generator-throws', 'sessionIdGenerator', 'failingGenerator'),
    failingInitialize('onsessioninitialized-throws', 'onsessioninitialized', 'failingInitialized'),
    {
        id: 'onsessionclosed-throws',
        situation: 'onsessionclosed throws on DELETE.',
        changes: [],
        expected: `${expected} The session lives, so that DELETE can be sent again.`,
        async run({ a }) {
            const client = await new Client('failingClosed').begin(a);
            const deletion = await (await client.delete(a)).whole();
            const next = await (await client.call(a, 'echo')).whole();
            return {
                text: `${summary(deletion)}; the next request: ${summary(next)}`,
                asExpected: isInternalError(deletion) && next.status === 200
            };
        }
    },
    {
        id: 'event-store-throws',
        situation: 'The event store throws when a call of a client of 2025-11-25 begins.',
        changes: ['a'],
        expected,
        async run({ a }) {
            // Of this version each stream begins with an event, so that the client can resume it.
            const client = await new Client('failingStore', '2025-11-25').begin(a);
            const reply = await (await client.call(a, 'echo')).whole();
            return { text: summary(reply), asExpected: isInternalError(reply) };
        }
    },
    {
        id: 'event-store-throws-later',
        situation: 'The event store throws when the result of a call is stored.',
        changes: [],
        expected: 'The client gets the result, which cannot be replayed; or an error.',
        async run({ a }) {
            const client = await new Client('failingStore').begin(a);
            const reply = await client.call(a, 'echo');
            const errors = await until(async () => {
                const state = await a.state(client.sessionId);
                return reply.messages.length > 0 || state.errors.length > 0 ? state.errors : undefined;
            }, 'a result or an error');
            const [message] = reply.messages;
            const isOpen = !reply.ended;
            await reply.disconnect();
            const got = message === undefined ? 'nothing' : (toolText(message) ?? summary(reply));
            return {
                text: `${reply.status}; the client gets ${got}, its stream ${isOpen ? 'stays open' : 'ends'}; onerror: ${JSON.stringify(errors)}`,
                asExpected: message !== undefined
            };
        }
    }
];

function failingInitialize(id: string, callback: string, setting: SettingName): Situation {
    return {
        id,
        situation: `${callback} throws on initialize.`,
        changes: ['a'],
        expected,
        async run({ a }) {
            const reply = await new Client(setting).initialize(a);
            return { text: summary(reply), asExpected: isInternalError(reply) };
        }
    };
}

function isInternalError({ status, messages, text }: Reply): boolean {
    return status === 500 && messages[0]?.error?.code === -32603 && !text.includes('is down');
}
