import { InMemorySessionStore, type SessionStore } from '@mcp-sessions/core';
import fc from 'fast-check';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { forRandomSteps } from '../random.js';
import { full, recordOf, withoutActivity, type CustomStoreClause, type StoreClause } from './support.js';

const ids = ['a', 'b', 'c', 'd'];
const principals: Record<string, string> = { a: 'p', b: 'p', c: 'q' };
const where = { node: fc.nat(1), id: fc.constantFrom(...ids) };
const record = fc.record({
    initialized: fc.boolean(),
    revision: fc.nat(2),
    logLevel: fc.option(fc.string({ maxLength: 3, unit: 'grapheme' }), { nil: undefined }),
    metadata: fc.option(fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), { nil: undefined })
});

const storing = fc.record({ do: fc.constant('storeSession' as const), ...where, record });
const usual = [
    fc.record({ do: fc.constant('getSession' as const), ...where }),
    fc.record({ do: fc.constant('updateSessionActivity' as const), ...where }),
    fc.record({ do: fc.constant('deleteSession' as const), ...where }),
    fc.record({ do: fc.constant('sessionExists' as const), ...where })
] as const;
const others = [
    fc.record({ do: fc.constant('getAndTouchSession' as const), ...where }),
    fc.record({ do: fc.constant('createSession' as const), ...where, record }),
    fc.record({ do: fc.constant('updateSession' as const), ...where, record, expected: fc.nat(2) })
] as const;

const anyOfFive = fc.oneof(storing, storing, ...usual);
/** Caps are about what is created: whether a session that is only stored counts is for the store to choose. */
const anyUnderCaps = fc.oneof(...usual, ...others, ...others);
type Step = typeof storing | typeof anyUnderCaps extends fc.Arbitrary<infer T> ? T : never;

const caps = { maxSessions: 2, maxSessionsPerPrincipal: 1 };

/** The five methods beside the store of the core that is in memory. */
export const fiveMethodsModelClauses: CustomStoreClause[] = [
    {
        title: 'whatever nodes do with the five methods, the store does the same as the one in memory',
        async run(open) {
            const backend = await open();
            await compare([backend.store(), backend.store()], anyOfFive, () => new InMemorySessionStore());
        }
    }
];

/** All methods, under caps. */
export const modelClauses: StoreClause[] = [
    {
        title: 'whatever nodes do, the store does the same as the one in memory',
        async run(open) {
            const backend = await open(caps);
            await compare([backend.store(), backend.store()], anyUnderCaps, () => new InMemorySessionStore(caps));
        }
    }
];

let sequences = 0;

async function compare(nodes: readonly SessionStore[], step: fc.Arbitrary<Step>, newModel: () => SessionStore): Promise<void> {
    await forRandomSteps(step, 40, async steps => {
        const model = newModel();
        const prefix = `${++sequences}-`;
        try {
            for (const next of steps) {
                const [done, expected] = await Promise.all([take(next, prefix, nth(nodes, next.node)), take(next, prefix, model)]);
                expect(done, next.do).toEqual(expected);
            }
            for (const id of ids) {
                const left = withoutActivity(await nth(nodes, 0).getSession(prefix + id));
                expect(left, 'what is left').toEqual(withoutActivity(await model.getSession(prefix + id)));
            }
        } finally {
            // The next sequence begins with room for as many.
            await Promise.all(ids.map(id => nth(nodes, 0).deleteSession(prefix + id)));
        }
    });
}

async function take(next: Step, prefix: string, store: SessionStore): Promise<unknown> {
    const id = prefix + next.id;
    switch (next.do) {
        case 'storeSession':
            return store.storeSession(id, recordFor(id, next.record));
        case 'getSession':
            return withoutActivity(await store.getSession(id));
        case 'updateSessionActivity':
            return store.updateSessionActivity(id);
        case 'deleteSession':
            return store.deleteSession(id);
        case 'sessionExists':
            return store.sessionExists(id);
        case 'getAndTouchSession':
            return withoutActivity(await full(store).getAndTouchSession(id));
        case 'createSession':
            return full(store).createSession(id, recordFor(id, next.record));
        case 'updateSession':
            return full(store).updateSession(id, recordFor(id, next.record), next.expected);
    }
}

/** Values that are undefined are left out, as in JSON. A session has one principal for ever. */
function recordFor(id: string, values: object) {
    const principal = principals[id.at(-1) ?? ''];
    return recordOf(id, { createdAt: 1, ...(JSON.parse(JSON.stringify({ ...values, principal })) as object) });
}
