import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeProcess } from '../support/nodeProcess.js';
import { upstash } from './support/backends/upstash.js';
import { mcpUrl, on } from './support/fixture.js';
import { Wire } from './support/wire.js';
import { resultText } from './support/wireStream.js';

describe('nodes that poll', { timeout: 60_000 }, () => {
    const fixture = on(upstash);
    let nodes: readonly NodeProcess[];

    beforeAll(async () => {
        ({ nodes } = await fixture.cluster(2, { BACKEND: 'whole' }));
    });

    it('X1: an answer given on B completes the call on A with the second poll of A at the latest', async () => {
        const { rest } = fixture.backend;
        const onA = new Wire(mcpUrl(nodes[0]!));
        await onA.begin();
        const onB = onA.at(mcpUrl(nodes[1]!));
        for (const word of ['first', 'second', 'third', 'fourth', 'fifth']) {
            const call = await onA.call('ask', { message: 'Which?' });
            const question = await call.next();
            rest.take();
            expect((await onB.answer(question, word)).status).toBe(202);
            expect(JSON.parse(resultText((await call.rest()).at(-1)) ?? '')).toEqual({ node: 'A', answer: word });

            // The word travels twice: from B to the address of A, and from A into the log. In between A asked what had come.
            const { commands } = rest.take();
            const carriers = commands.filter(command => command.some(part => part.includes(word)));
            expect(carriers).toHaveLength(2);
            const [sent, stored] = carriers.map(command => commands.indexOf(command)) as [number, number];
            const address = carriers[0]!.find(part => part.includes(':mail:node/'))!;
            const polls = commands.slice(sent + 1, stored).filter(command => command.includes(address));
            expect(polls.length).toBeOneOf([1, 2]);
        }
    });
});
