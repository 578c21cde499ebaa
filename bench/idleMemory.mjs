import { startTarget } from './target.mjs';

const CONNECTIONS = 8;

/**
 * Bytes of heap per session that was opened and then left alone: after a forced collection, `count` sessions against
 * none, in a fresh process.
 *
 * @param {import('./plan.mjs').ServerSpec} spec
 */
export async function idleMemory(spec, count, load) {
    const target = await startTarget('idle', { ...spec, connections: CONNECTIONS }, load, 'initialize');
    try {
        // Code that is compiled once is not part of what a session costs.
        await load.ask('fill', { name: 'idle', count: 100 });
        await target.ask('endSessions', { keep: [] });
        const none = await target.ask('memory');
        await load.ask('fill', { name: 'idle', count });
        const many = await target.ask('memory');
        if (none.sessions !== 0 || many.sessions !== count) {
            throw new Error(`The server holds ${none.sessions} sessions instead of 0, then ${many.sessions} instead of ${count}.`);
        }
        const perSession = name => (many[name] - none[name]) / count;
        return { heapBytes: perSession('heapUsed'), externalBytes: perSession('external'), residentBytes: perSession('rss'), none, many };
    } finally {
        await target.stop();
    }
}
