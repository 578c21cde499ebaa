import { startProcess } from './process/parent.mjs';

const SERVER = new URL('./server/main.mjs', import.meta.url);

/** Commands that one look at the usage of the store costs. */
const OWN_STORE_COMMANDS = 2;

/**
 * One server in a fresh process, with the connections to it, ready to be loaded.
 *
 * @typedef {import('./load/traffic.mjs').SliceResult & { cpuMicros: number, loadCpuMicros?: number, storeCommands?: number, storeCpuMicros?: number }} Sample
 *
 * @param {string} name its name at the load generator
 * @param {import('./plan.mjs').ServerSpec} spec
 * @param {{ ask: (name: string, params?: unknown) => Promise<any> }} load
 * @param {'call' | 'initialize'} kind
 */
export async function startTarget(name, spec, load, kind) {
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
    return {
        ask: server.ask,

        /** @returns {Promise<Sample>} */
        async slice(ms) {
            const storeBefore = await server.ask('storeUsage');
            const before = await server.ask('cpuMicros');
            const result = isHttp ? await load.ask('slice', { name, kind: what, ms }) : await server.ask('slice', { ms });
            const cpuMicros = (await server.ask('cpuMicros')) - before;
            const storeAfter = await server.ask('storeUsage');
            // The sessions that a slice opened are not to burden the next one.
            if (what === 'initialize') await server.ask('endSessions', { keep: [] });
            if (storeBefore === undefined) return { ...result, cpuMicros };
            return {
                ...result,
                cpuMicros,
                storeCommands: storeAfter.commands - storeBefore.commands - OWN_STORE_COMMANDS,
                storeCpuMicros: storeAfter.cpuMicros - storeBefore.cpuMicros
            };
        },

        async stop() {
            if (isHttp) await load.ask('close', { name });
            await server.stop();
        }
    };
}
