import { Client } from '../client.js';
import { until } from '../patience.js';
import { toolText, type Reply } from '../reply.js';
import type { Situation } from '../situation.js';

/** Requests of one session that are under way at the same time with the same JSON-RPC id, as of clients that always send 1. */
export const equalIds: readonly Situation[] = [
    {
        id: 'equal-ids',
        situation: 'Two calls of one session are under way with id 1. The first returns, then the second.',
        changes: [],
        expected: 'Each POST gets its own result; or the second is refused.',
        async run({ a }) {
            const client = await new Client('plain').begin(a);
            const first = await client.begun(a, 'wait', 'result of the first', { id: 1 });
            const second = await client.begun(a, 'wait', 'result of the second', { id: 1 });
            for (const label of ['result of the first', 'result of the second']) {
                await a.release(client.sessionId, label);
                await until(async () => ((await client.callState(a, label)) === 'runs on' ? undefined : true), label);
                // When this is answered, what came before has been sent.
                await (await client.call(a, 'echo', { id: 2 })).whole();
            }
            const gets = { first: received(first), second: received(second) };
            await Promise.all([first.disconnect(), second.disconnect()]);
            return {
                text: `the first gets ${gets.first}; the second gets ${gets.second}`,
                asExpected: gets.first === '"result of the first"' && gets.second === '"result of the second"'
            };
        }
    }
];

function received({ messages, ended }: Reply): string {
    const texts = messages.map(message => JSON.stringify(toolText(message)));
    return texts.join(', ') || (ended ? 'nothing, and its stream ends' : 'nothing, and its stream stays open');
}
