import { InMemorySessionLock, type SessionLock } from '@mcp-sessions/core';
import fc from 'fast-check';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { forRandomSteps } from '../random.js';
import { pause } from '../waitFor.js';
import { longLeaseMs, type LockClause } from './support.js';

const step = fc.record({
    do: fc.oneof(
        { weight: 6, arbitrary: fc.constant('acquire' as const) },
        { weight: 3, arbitrary: fc.constant('renew' as const) },
        { weight: 4, arbitrary: fc.constant('release' as const) },
        { weight: 1, arbitrary: fc.constant('lapse' as const) }
    ),
    node: fc.nat(1),
    name: fc.constantFrom('x', 'y'),
    holder: fc.constantFrom('a', 'b', 'c')
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const lapseMs = 5;
let sequences = 0;

/** The contract beside the locks of the core that are in memory. */
export const modelClauses: LockClause[] = [
    {
        title: 'whatever nodes do, the locks do the same as those in memory',
        async run(open) {
            const backend = await open();
            const nodes = [backend.lock(), backend.lock()];
            await forRandomSteps(step, 40, async steps => {
                const model = new InMemorySessionLock();
                const prefix = `${++sequences}:`;
                const tokens = new Map<string, Tokens>();
                for (const next of steps) {
                    const name = prefix + next.name;
                    const known = tokens.get(name) ?? { ofModel: new Map<number, number>(), last: -Infinity };
                    tokens.set(name, known);
                    await take(next, name, nth(nodes, next.node), model, known);
                }
            });
        }
    }
];

/** Which token of the backend stands for which of the model, of one name. */
interface Tokens {
    readonly ofModel: Map<number, number>;
    last: number;
}

async function take(next: Step, name: string, lock: SessionLock, model: SessionLock, tokens: Tokens): Promise<void> {
    const { holder } = next;
    switch (next.do) {
        case 'acquire':
        case 'lapse': {
            const leaseMs = next.do === 'lapse' ? lapseMs : longLeaseMs;
            const [token, expected] = [await lock.acquire(name, holder, leaseMs), await model.acquire(name, holder, longLeaseMs)];
            compareTokens(token, expected, tokens);
            if (next.do === 'lapse' && expected !== null) {
                await pause(lapseMs * 4);
                // Whether it ran out a little earlier or is let go here, nobody holds it now.
                await lock.release(name, holder);
                await model.release(name, holder);
            }
            return;
        }
        case 'renew':
            expect(await lock.renew(name, holder, longLeaseMs), 'renewed').toBe(await model.renew(name, holder, longLeaseMs));
            return;
        case 'release':
            expect(await lock.release(name, holder), 'released').toBe(await model.release(name, holder));
    }
}

/** Which numbers they are is for the backend to choose: the same for the same grant, larger for a later one. */
function compareTokens(token: number | null, expected: number | null, tokens: Tokens): void {
    if (token === null || expected === null) {
        expect(token, 'a fencing token').toBe(expected);
        return;
    }
    const known = tokens.ofModel.get(expected);
    if (known === undefined) {
        expect(token > tokens.last, `the token ${token} of a new grant is larger than ${tokens.last}`).toBe(true);
        tokens.ofModel.set(expected, token);
        tokens.last = token;
    } else {
        expect(token, 'the token of the same grant').toBe(known);
    }
}
