import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { postgresPolling } from './support/backends/postgres.js';
import { redisPlain } from './support/backends/redis.js';
import { Fixture, on, seen } from './support/fixture.js';
import { officialClient } from './support/officialClient.js';
import { sessionAt } from './support/sessionAt.js';
import type { Answered } from './support/streamTools.js';
import { NOT_FOUND, type Answer, type Wire } from './support/wire.js';
import { resultText, type WireMessage, type WireStream } from './support/wireStream.js';

/** What a call that asked came to. */
const outcome = (result: WireMessage | undefined) => JSON.parse(resultText(result) ?? 'null') as Answered;
const last = async (call: WireStream) => outcome((await call.rest()).at(-1));
const accepted = ({ status, body }: Answer) => expect([status, body]).toEqual([202, '']);
const textOf = (question: WireMessage) => question.params?.['message'] as string;
const tokenOf = (question: WireMessage) => (question.params?.['_meta'] as { progressToken: string }).progressToken;
const progressAt = async (node: NodeProcess) => (await seen(node)).progress;
const report = (wire: Wire, question: WireMessage, progress: number) =>
    wire.notify('notifications/progress', { progressToken: tokenOf(question), progress });

/** The tools that ask, what the client answers, and what the tool makes of it. */
const kinds = [
    { tool: 'ask', args: { message: 'Which?' }, answer: { action: 'accept', content: { word: 'this' } }, made: 'this' },
    {
        tool: 'sample',
        args: { message: 'Go on' },
        answer: { model: 'none', role: 'assistant', content: { type: 'text', text: 'and on' } },
        made: 'and on'
    },
    { tool: 'roots', args: {}, answer: { roots: [{ uri: 'file:///home' }] }, made: ['file:///home'] }
];

describe.each([...backends, postgresPolling, redisPlain])('questions on $name', { timeout: 60_000 }, kind => {
    const fixture = on(kind);
    // Only Redis tells a sender that nobody listens; elsewhere a node that does not answer may be there all the same.
    const goneStatus = kind.name.startsWith('Redis') ? [410] : [410, 503];
    // Who polls has no more to listen for when it has the answer.
    const againStatus = kind.pushes ? [202] : [202, 503];
    let cluster: Cluster;
    const paused = new Set<NodeProcess>();
    const session = (...args: Parameters<typeof sessionAt> extends [unknown, ...infer Rest] ? Rest : never) =>
        sessionAt(cluster.nodes, ...args);

    beforeAll(async () => {
        cluster = await fixture.cluster(3, { BACKEND: 'whole' });
    });
    afterEach(async () => {
        for (const node of paused) process.kill(node.pid!, 'SIGCONT');
        paused.clear();
        await Promise.all(cluster.nodes.filter(node => !node.isRunning).map(node => node.start()));
    });

    it.each(kinds)('X1: $tool on A, answered on B: the call on A goes on with the answer', async ({ tool, args, answer, made }) => {
        const [a, b, c] = await session();
        const call = await a.call(tool, args);
        accepted(await b.answer(await call.next(), answer));
        expect(await last(call)).toEqual({ node: 'A', answer: made });

        // The same, with the question on the standalone stream, which is open on a third node.
        const standalone = await c.listen();
        const other = await a.call(tool, { ...args, standalone: true });
        accepted(await b.answer(await standalone.next(), answer));
        expect(await last(other)).toEqual({ node: 'A', answer: made });
        await standalone.cut();
    });

    it('X1: an error of the client is an answer, too', async () => {
        const [a, b] = await session();
        const call = await a.call('ask', { message: 'Which?' });
        const { id } = await call.next();
        accepted(await b.send({ jsonrpc: '2.0', id, error: { code: -1, message: 'The user has left' } }));
        expect(resultText((await call.rest()).at(-1))).toContain('The user has left');
    });

    it('X1, L2: the stream broke after the question and is read on C: an answer on B brings the result to C', async () => {
        const [a, b, c] = await session();
        const call = await a.call('ask', { message: 'Which?' });
        const question = await call.next();
        await call.cut();
        const resumed = await c.listen(call.lastEventId);
        accepted(await b.answer(question, 'late'));
        expect(await last(resumed)).toEqual({ node: 'A', answer: 'late' });
    });

    it('X1: A was killed after it asked: an answer on B is refused, and the session lives', async () => {
        const [a, b, c] = await session();
        const call = await a.call('ask', { message: 'Which?' });
        const question = await call.next();
        await cluster.nodes[0]!.kill();
        for (const wire of [b, c]) {
            const refused = await wire.answer(question, 'late');
            expect(goneStatus).toContain(refused.status);
            expect(refused.messages[0]?.error?.code).toBe(-32000);
        }
        const again = await b.call('ask', { message: 'Once more' });
        accepted(await c.answer(await again.next(), 'in time'));
        expect(await last(again)).toEqual({ node: 'B', answer: 'in time' });
        await call.cut();
    });

    it('X1, X2: A was started anew and asks anew: the answer to its old question is refused, not taken for the new one', async () => {
        const [a, b] = await session();
        const old = await a.call('ask', { message: 'old' });
        const oldQuestion = await old.next();
        await cluster.nodes[0]!.restart({ samePort: true });
        const call = await a.call('ask', { message: 'new' });
        const question = await call.next();
        expect(question.id).not.toBe(oldQuestion.id);
        for (const wire of [b, a]) expect(goneStatus).toContain((await wire.answer(oldQuestion, 'old')).status);
        accepted(await b.answer(question, 'new'));
        expect(await last(call)).toEqual({ node: 'A', answer: 'new' });
        await old.cut();
    });

    it('X1: A does not answer for a while: B says so, and when A is there again the answer is taken', async () => {
        const [a, b] = await session();
        const call = await a.call('ask', { message: 'Which?' });
        const question = await call.next();
        process.kill(cluster.nodes[0]!.pid!, 'SIGSTOP');
        paused.add(cluster.nodes[0]!);
        const refused = await b.answer(question, 'this');
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
        process.kill(cluster.nodes[0]!.pid!, 'SIGCONT');
        paused.clear();
        expect(againStatus).toContain((await b.answer(question, 'this')).status);
        expect(await last(call)).toEqual({ node: 'A', answer: 'this' });
    });

    it('X2: A and B ask at the same time, and each gets its own answer', async () => {
        const [a, b, c] = await session();
        const calls = await Promise.all([a.call('ask', { message: 'of A' }), b.call('ask', { message: 'of B' })]);
        const [ofA, ofB] = (await Promise.all(calls.map(call => call.next()))) as [WireMessage, WireMessage];
        expect(ofA.id).not.toBe(ofB.id);
        // In the other order than they were asked, each where it was not asked, one of them twice.
        accepted(await a.answer(ofB, `answer ${textOf(ofB)}`));
        await c.answer(ofB, 'another answer');
        accepted(await b.answer(ofA, `answer ${textOf(ofA)}`));
        expect(await Promise.all(calls.map(last))).toEqual([
            { node: 'A', answer: 'answer of A' },
            { node: 'B', answer: 'answer of B' }
        ]);
    });

    it('X2: twenty questions at once over three nodes, of two sessions that call by the same ids: each gets its own answer', async () => {
        const sessions = [await session(), await session()];
        const names = ['A', 'B', 'C'];
        await Promise.all(
            Array.from({ length: 20 }, async (_, n) => {
                const wires = sessions[n % 2]!;
                const call = await wires[n % 3]!.call('ask', { message: `question ${n}` }, { id: Math.floor(n / 2) });
                const question = await call.next();
                expect(textOf(question)).toBe(`question ${n}`);
                accepted(await wires[(n + 1) % 3]!.answer(question, `answer ${n}`));
                expect(await last(call)).toEqual({ node: names[n % 3], answer: `answer ${n}` });
            })
        );
    });

    it('X2, P1: nobody but its client can answer a question', async () => {
        const alice = { authorization: 'Bearer token1-of-alice' };
        const mallory = { authorization: 'Bearer token1-of-mallory' };
        const [wires, others] = [await session({ headers: alice }), await session({ headers: mallory })];
        const call = await wires[0].call('ask', { message: 'Which?' });
        const question = await call.next();
        for (const wire of wires) {
            const { status, body } = await wire.at(wire.url, mallory).answer(question, 'forged');
            expect([status, body]).toEqual([404, NOT_FOUND]);
        }
        for (const wire of others) await wire.answer(question, 'forged');
        accepted(await wires[1].answer(question, 'right'));
        expect(await last(call)).toEqual({ node: 'A', answer: 'right' });
    });

    it('X4: progress on a question reaches the node that asked, in order, wherever the client reports it', async () => {
        const [a, b, c] = await session();
        const calls = await Promise.all([a.call('ask', { message: 'of A' }), b.call('ask', { message: 'of B' })]);
        const [ofA, ofB] = (await Promise.all(calls.map(call => call.next()))) as [WireMessage, WireMessage];
        expect(tokenOf(ofA)).not.toBe(tokenOf(ofB));
        const before = await Promise.all(cluster.nodes.map(progressAt));
        for (const [index, wire] of [b, c, a, b, c].entries()) {
            accepted(await report(wire, ofA, 100 + index));
            accepted(await report(wire, ofB, 200 + index));
        }
        accepted(await c.answer(ofA, 'a'));
        accepted(await c.answer(ofB, 'b'));
        expect((await Promise.all(calls.map(last))).map(({ answer }) => answer)).toEqual(['a', 'b']);
        const after = await Promise.all(cluster.nodes.map(progressAt));
        expect(after.map((all, index) => all.slice(before[index]!.length))).toEqual([
            [100, 101, 102, 103, 104],
            [200, 201, 202, 203, 204],
            []
        ]);
    });

    it('X1, X2, X4: the official client behind round robin answers everything it is asked', async () => {
        const { proxy, nodes } = cluster;
        const { client, tool } = await officialClient(proxy.url);
        try {
            for (const standalone of [false, true]) {
                for (let n = 0; n < nodes.length; n++) {
                    const asked = JSON.parse(await tool('ask', { message: `one ${n}`, standalone })) as Answered;
                    expect(asked.answer).toBe(`one ${n}!`);
                    expect((JSON.parse(await tool('sample', { message: `two ${n}`, standalone })) as Answered).answer).toBe(`two ${n}!`);
                    expect((JSON.parse(await tool('roots', { standalone })) as Answered).answer).toEqual(['file:///home']);
                }
            }
            const before = await Promise.all(nodes.map(progressAt));
            const all = await Promise.all(
                Array.from({ length: 20 }, async (_, n) => JSON.parse(await tool('ask', { message: `q ${n}` })) as Answered)
            );
            expect(all.map(({ answer }) => answer)).toEqual(Array.from({ length: 20 }, (_, n) => `q ${n}!`));
            expect(new Set(all.map(({ node }) => node))).toEqual(new Set(nodes.map(({ name }) => name)));
            // Each node had progress on its own questions, and on no others.
            for (const [index, node] of nodes.entries()) {
                const asked = all.filter(({ node: name }) => name === node.name).length;
                const told = () => progressAt(node).then(progress => progress.slice(before[index]!.length).sort());
                await Fixture.until('all progress is told', async () => (await told()).length >= 2 * asked);
                expect(await told()).toEqual([...Array<number>(asked).fill(1), ...Array<number>(asked).fill(2)]);
            }
            await Fixture.until('every request is answered well', () => proxy.passed.every(({ status }) => status < 400));
        } finally {
            await client.close();
        }
    });
});
