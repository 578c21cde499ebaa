import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { redisPlain } from './support/backends/redis.js';
import { mcpUrl, on } from './support/fixture.js';
import type { State } from './support/server.js';
import { CAPABILITIES, CLIENT, Wire } from './support/wire.js';

const state = async (wire: Wire) => JSON.parse(await wire.tool('state')) as State;

describe.each([...backends, redisPlain])('on $name', kind => {
    const fixture = on(kind);
    let nodes: readonly NodeProcess[];
    /** Nodes that ask for the record with every request, and whose streams can be resumed. */
    let eager: readonly NodeProcess[];

    beforeAll(async () => {
        ({ nodes } = await fixture.cluster(3));
        ({ nodes: eager } = await fixture.cluster(2, { REVALIDATE_MS: '0', EVENT_STORE: '1' }));
    });

    describe('what a node knows after it took a session over', () => {
        it('S6: the client, its capabilities, the log level and the subscriptions are as on the first node', async () => {
            const [a, b] = nodes;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            await wire.request('logging/setLevel', { level: 'error' });
            await wire.request('resources/subscribe', { uri: 'note://one' });
            await wire.request('resources/subscribe', { uri: 'note://two' });
            await wire.request('resources/subscribe', { uri: 'note://three' });
            await wire.request('resources/unsubscribe', { uri: 'note://two' });

            const first = await state(wire);
            const restored = await state(wire.at(mcpUrl(b!)));
            expect(first).toMatchObject({ node: 'A', client: CLIENT, capabilities: CAPABILITIES, logLevel: 'error' });
            expect(restored).toEqual({ ...first, node: 'B' });
            expect(restored.subscriptions).toEqual(['note://one', 'note://three']);

            await b!.restart();
            expect(await state(wire.at(mcpUrl(b!)))).toEqual({ ...first, node: 'B' });
        });

        it('S6: what a recovered node is told holds on the next one', async () => {
            const [a, b, c] = nodes;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            const onB = wire.at(mcpUrl(b!));
            await onB.request('logging/setLevel', { level: 'warning' });
            await onB.request('resources/subscribe', { uri: 'note://one' });
            expect(await state(wire.at(mcpUrl(c!)))).toMatchObject({ node: 'C', logLevel: 'warning', subscriptions: ['note://one'] });
        });

        it('S6: with revalidateMs 0 a warm node knows at once what another was told', async () => {
            const [a, b] = eager;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            const onB = wire.at(mcpUrl(b!));
            await state(onB);
            for (const level of ['error', 'info', 'alert']) {
                await wire.request('logging/setLevel', { level });
                expect((await state(onB)).logLevel).toBe(level);
            }
            await wire.request('resources/subscribe', { uri: 'note://one' });
            expect((await state(onB)).subscriptions).toEqual(['note://one']);
            await wire.request('resources/unsubscribe', { uri: 'note://one' });
            expect((await state(onB)).subscriptions).toEqual([]);
        });

        it('S6: a change that the server refuses is not recorded', async () => {
            const [a, b] = nodes;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            const refused = await wire.request('logging/setLevel', { level: 'loud' });
            expect(refused.messages[0]?.error).toBeDefined();
            expect((await state(wire.at(mcpUrl(b!)))).logLevel).toBeNull();
        });

        it.each([
            { protocolVersion: '2025-11-25', primes: true },
            { protocolVersion: '2025-06-18', primes: false },
            { protocolVersion: '2025-03-26', primes: false }
        ])(
            'S6, L10: without mcp-protocol-version a request counts as of the stored $protocolVersion; priming events: $primes',
            async ({ protocolVersion, primes }) => {
                const wire = new Wire(mcpUrl(eager[0]!));
                const opened = await wire.initialize({ protocolVersion });
                expect(opened.messages[0]?.result?.['protocolVersion']).toBe(protocolVersion);
                await wire.notify('notifications/initialized');
                for (const node of eager) {
                    const answer = await wire.at(mcpUrl(node)).request('tools/list');
                    expect(answer.messages[0]?.result?.['tools']).toBeDefined();
                    expect(/^id: \S+\ndata: \n\n/.test(answer.body)).toBe(primes);
                }
            }
        );

        it('S6: a version that the server does not speak is refused on a recovered node as on the first', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            const answers = [];
            for (const node of nodes)
                answers.push(await wire.at(mcpUrl(node)).request('tools/list', {}, { 'mcp-protocol-version': '1999-01-01' }));
            expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
            expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
            expect(answers[0]?.messages[0]?.error?.message).toContain('Unsupported protocol version');
        });
    });
});
