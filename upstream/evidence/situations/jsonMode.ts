import { Client } from '../client.js';
import type { Entries } from '../node/privateFields.js';
import type { EvidenceNode } from '../nodes.js';
import { until } from '../patience.js';
import { summary, toolText, type Reply } from '../reply.js';
import type { Situation } from '../situation.js';

const CALLS = 100;
const GONE = 10;
const ROUND_TRIPS = 50;

/** Entries of the transport's private maps in JSON response mode, one of which each POST makes. */
export const jsonMode: readonly Situation[] = [
    {
        id: 'json-entries',
        situation: `JSON response mode (enableJsonResponse): ${CALLS} calls are answered.`,
        changes: ['b'],
        expected: 'The transport holds nothing of them.',
        async run({ a }) {
            const client = await new Client('json').begin(a);
            const before = await a.entries(client.sessionId);
            let answered = 0;
            for (let call = 0; call < CALLS; call++) {
                const reply = await (await client.call(a, 'echo')).whole();
                if (toolText(reply.messages[0]) === 'echo') answered++;
            }
            const { text, total } = growth(before, await a.entries(client.sessionId));
            return { text: `${answered} answered; still held: ${text}`, asExpected: answered === CALLS && total === 0 };
        }
    },
    {
        id: 'json-entries-gone',
        situation: `JSON response mode: ${GONE} clients go away before their calls are answered; then the calls return.`,
        changes: ['b'],
        expected: 'The transport holds nothing of them.',
        async run({ a }) {
            const client = await new Client('json').begin(a);
            const before = await a.entries(client.sessionId);
            const labels = Array.from({ length: GONE }, (_, index) => `call ${index}`);
            for (const label of labels) await abandon(client, a, label);
            for (const label of labels) {
                await a.release(client.sessionId, label);
                await until(async () => ((await client.callState(a, label)) === 'runs on' ? undefined : true), `the end of ${label}`);
            }
            const { text, total } = growth(before, await a.entries(client.sessionId));
            return { text: `still held: ${text}`, asExpected: total === 0 };
        }
    },
    {
        id: 'json-closed',
        situation: 'JSON response mode: DELETE arrives while a call is under way.',
        changes: ['b'],
        expected: 'The POST of the call is answered.',
        async run({ a }) {
            const client = await new Client('json').begin(a);
            const gone = new AbortController();
            let answer: Reply | undefined;
            const call = client.wait(a, 'call', gone.signal).then(
                reply => void (answer = reply),
                () => undefined
            );
            await until(() => client.callState(a, 'call'), 'the call');
            const deletion = summary(await client.delete(a));
            // What DELETE has set off is on its way long before the last of these.
            for (let trip = 0; trip < ROUND_TRIPS && answer === undefined; trip++) await client.callState(a, 'call');
            const tool = await client.callState(a, 'call');
            const post = answer === undefined ? 'not answered' : summary(await answer.whole());
            gone.abort();
            await call;
            return { text: `DELETE: ${deletion}; the call ${tool}; its POST: ${post}`, asExpected: answer !== undefined };
        }
    }
];

function growth(before: Entries, after: Entries): { readonly text: string; readonly total: number } {
    const grown = (['streams', 'requests', 'responses'] as const).map(kind => ({ kind, count: after[kind] - before[kind] }));
    const held = grown.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} ${kind}`);
    return { text: held.join(', ') || 'nothing', total: grown.reduce((sum, { count }) => sum + count, 0) };
}

/** Begins a call, and goes away when it runs. */
async function abandon(client: Client, node: EvidenceNode, label: string): Promise<void> {
    const gone = new AbortController();
    const outcome = client.wait(node, label, gone.signal).then(
        () => 'answered',
        () => 'gone'
    );
    await until(() => client.callState(node, label), `the call ${label}`);
    gone.abort();
    if ((await outcome) !== 'gone') throw new Error(`${label} was answered before its client went away.`);
}
