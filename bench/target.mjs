import { startProcess } from './process/parent.mjs';

const SERVER = new URL('./server/main.mjs', import.meta.url);

/**
 * One server in a fresh process, with the connections to it, ready to be loaded.
 *
 * @typedef {import('./load/traffic.mjs').SliceResult & { cpuMicros: number, loadCpuMicros?: number, storeCalls?: number, storeCpuMicros?: number }} Sample
 *
 * @param {string} name its name at the load generator
 * @param {import('./plan.mjs').ServerSpec} spec
 * @param {{ ask: (name: string, params?: unknown) => Promise<any> }} load
 * @param {'call' | 'initialize'} kind
 * @param {import('./stores/open.mjs').Store} [store] of the server
 */
export async function startTarget(name, spec, load, kind, store) {
    const server = await startProcess(SERVER, { args: [JSON.stringify(spec)], execArgv: ['--expose-gc'] });
    const isHttp = spec.app !== 'direct';
    const what = spec.app === 'bare' ? 'bare' : kind;
    try {
        if (isHttp) await load.ask('open', { name, port: await server.ask('port'), connections: spec.connections });
        if (what === 'call' && isHttp) await load.ask('openSessions', { name });
    } catch (error) {
        await server.stop();
        throw error;
    }
    const storeUsage = async () => store && { calls: await server.ask('storeCalls'), cpuMicros: (await store.cpuMicros?.()) ?? NaN };
    return {
        ask: server.ask,

        /** @returns {Promise<Sample>} */
        async slice(ms) {
            const storeBefore = await storeUsage();
            const before = await server.ask('cpuMicros');
            const result = isHttp ? await load.ask('slice', { name, kind: what, ms }) : await server.ask('slice', { ms });
            const cpuMicros = (await server.ask('cpuMicros')) - before;
            const storeAfter = await storeUsage();
            // The sessions that a slice opened are not to burden the next one.
            if (what === 'initialize') await server.ask('endSessions', { keep: [] });
            if (storeBefore === undefined) return { ...result, cpuMicros };
            return {
                ...result,
                cpuMicros,
                storeCalls: storeAfter.calls - storeBefore.calls,
                storeCpuMicros: storeAfter.cpuMicros - storeBefore.cpuMicros
            };
        },

        async stop() {
            if (isHttp) await load.ask('close', { name });
            await server.stop();
        }
    };
}
