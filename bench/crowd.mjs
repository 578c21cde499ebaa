import { startTarget } from './target.mjs';

const CONNECTIONS = 8;

/**
 * Heap of a server, after forced collections, while sessions begin, are called for a while and are then left alone without
 * a DELETE, as most clients do it: so many at a time are in use, and the server has to find out which are not.
 *
 * @param {import('./plan.mjs').ServerSpec} spec
 * @param {{ sessions: number, active: number, calls: number, every: number }} crowd `calls` on sessions that are in use,
 *   for each session that begins; a look at the heap after `every` so many
 * @param {import('./stores/open.mjs').Store} [store] of the server
 */
export async function crowd(spec, { sessions, active, calls, every }, load, store) {
    const target = await startTarget('crowd', { ...spec, connections: CONNECTIONS }, load, 'initialize', store);
    try {
        const taken = [];
        const began = performance.now();
        const sample = async begun => {
            const { sessions: held, heapUsed } = await target.ask('memory');
            taken.push({ begun, held, heapBytes: heapUsed, storeBytes: await store?.bytes() });
        };
        // Code that is compiled once is not part of what sessions cost.
        await load.ask('crowd', { name: 'crowd', count: active, active, calls });
        let begun = active;
        await sample(begun);
        for (let step = 1; step * every <= sessions; step++) {
            await load.ask('crowd', { name: 'crowd', count: step * every - begun, active, calls });
            begun = step * every;
            await sample(begun);
        }
        return { samples: taken, seconds: (performance.now() - began) / 1000 };
    } finally {
        await target.stop();
    }
}
