import fc from 'fast-check';
import { describe, it } from 'vitest';
import { session } from './support/endpoint.js';
import { numRuns, seed } from './support/fuzzRuns.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { shells } from './support/implementations.js';
import { expectSame } from './support/sideBySide.js';
import { actions, StreamRun } from './support/streamActions.js';

const settings = fc.record({
    enableJsonResponse: fc.constantFrom(false, false, false, true),
    store: fc.constantFrom('full', 'full', 'without lookup', 'none'),
    version: fc.constantFrom('2025-11-25', '2025-11-25', '2025-06-18')
});

describe.each(shells)('the same random life of streams in both, on %s', shell => {
    it('D2: what each client gets, and what becomes of each send(), is the same', { timeout: 120_000 }, async () => {
        const property = fc.asyncProperty(settings, actions, async ({ enableJsonResponse, store, version }, steps) => {
            let stores: GatedEventStore;
            await expectSame(
                shell,
                () => {
                    stores = new GatedEventStore();
                    const eventStore = store === 'full' ? stores : stores.withoutLookup();
                    return { ...session, enableJsonResponse, ...(store !== 'none' && { eventStore }) };
                },
                async endpoint => {
                    const headers = await endpoint.begin(version);
                    stores.events.length = 0;
                    const run = new StreamRun(endpoint, store === 'none' ? undefined : stores, headers, enableJsonResponse);
                    for (const step of steps) {
                        await run.do(step);
                    }
                    return run.end();
                }
            );
        });
        await fc.assert(property, { numRuns: shell === 'fetch' ? numRuns : numRuns / 2, seed });
    });
});
