import fc from 'fast-check';
import { describe, it } from 'vitest';
import { numRuns, seed } from './support/fuzzRuns.js';
import { initialize } from './support/messages.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { shells, type Options } from './support/implementations.js';
import { requestOn } from './support/requestArbitrary.js';
import { answerAtOnce, exchange, expectSame, reported, told } from './support/sideBySide.js';
import { impatiently } from './support/patience.js';

const options = fc.record({
    stateless: fc.constantFrom(...Array<boolean>(9).fill(false), true),
    enableJsonResponse: fc.boolean(),
    guarded: fc.constantFrom(false, false, true),
    store: fc.boolean(),
    retryInterval: fc.constantFrom(undefined, 0, 1500)
});

type Drawn = typeof options extends fc.Arbitrary<infer T> ? T : never;

function optionsOf({ stateless, enableJsonResponse, guarded, store, retryInterval }: Drawn): Options {
    return {
        ...(!stateless && { sessionIdGenerator: () => 'session-1' }),
        ...(guarded && { enableDnsRebindingProtection: true, allowedHosts: ['good.example'], allowedOrigins: ['https://good.example'] }),
        ...(store && { eventStore: new GatedEventStore() }),
        ...(retryInterval !== undefined && { retryInterval }),
        enableJsonResponse,
        maxRequestBodySize: 3000
    };
}

describe.each(shells)('the same random requests to both, on %s', shell => {
    it('D2: get the same answers, and tell the server the same', { timeout: 120_000 }, async () => {
        const steps = fc.array(fc.oneof({ weight: 20, arbitrary: requestOn(shell) }, { weight: 1, arbitrary: fc.constant('close') }), {
            minLength: 1,
            maxLength: 4
        });
        const property = fc.asyncProperty(
            options,
            fc.constantFrom(true, true, true, true, false),
            steps,
            async (drawn, begun, requests) => {
                await expectSame(
                    shell,
                    () => optionsOf(drawn),
                    async endpoint => {
                        answerAtOnce(endpoint);
                        if (begun && !drawn.stateless) {
                            const answer = await endpoint.post(initialize('2025-11-25'), { host: 'good.example' });
                            await answer.end();
                        }
                        const exchanges = [];
                        for (const sent of requests) {
                            if (sent === 'close') {
                                await endpoint.transport.close();
                                continue;
                            }
                            const exchanged = await exchange(endpoint, sent);
                            exchanges.push(exchanged);
                            if (sent.method === 'POST' && exchanged.answer) {
                                await impatiently(exchanged.answer.end());
                            }
                        }
                        await endpoint.transport.close();
                        return {
                            answers: await Promise.all(
                                exchanges.map(async ({ status, headers, answer }) => ({
                                    status,
                                    headers,
                                    body: answer && (await impatiently(answer.end())),
                                    complete: answer?.complete
                                }))
                            ),
                            told: endpoint.received.map(told),
                            errors: reported(endpoint.errors),
                            rejections: endpoint.rejections,
                            closes: endpoint.closes,
                            sessionId: endpoint.transport.sessionId
                        };
                    }
                );
            }
        );
        await fc.assert(property, { numRuns, seed });
    });
});
