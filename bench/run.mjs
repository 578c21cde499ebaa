// npm run bench: compares the fork with the official package. See bench/README.md.

import { compare } from './compare.mjs';
import { crowd } from './crowd.mjs';
import { idleMemory } from './idleMemory.mjs';
import { describeMachine } from './machine.mjs';
import { USAGE, readOptions } from './options.mjs';
import { ensureBuild } from './ourBuild.mjs';
import { CASES, SERVERS, baselineOf, needsBuild, serverSpec, serversOf, storesOf } from './plan.mjs';
import { startProcess } from './process/parent.mjs';
import { profileServer } from './profile/profileServer.mjs';
import { measureNodes } from './nodes/measure.mjs';
import { renderReport } from './report.mjs';
import { save } from './saved.mjs';
import { storedBytes } from './storedBytes.mjs';
import { openStores, stopStores } from './stores/open.mjs';

async function main() {
    const options = optionsOrUsage();
    if (options === undefined) return;
    const cases = options.only ?? Object.keys(CASES);
    const servers = options.profile === undefined ? cases.flatMap(serversOf) : [options.profile];
    if (needsBuild(servers)) ensureBuild();
    const stores = await openStores(storesOf(servers));
    try {
        const setting = { connections: options.timing.connections, stores };
        const load = await startProcess(new URL('./load/main.mjs', import.meta.url));
        try {
            if (options.profile === undefined) await runCases(cases, options, setting, load);
            else await profileServer(options, setting, load);
        } finally {
            await load.stop();
        }
    } finally {
        await stopStores(stores);
    }
}

function optionsOrUsage() {
    try {
        const options = readOptions(process.argv.slice(2));
        if (!options.help) return options;
    } catch (error) {
        console.error(`${error.message}\n`);
        process.exitCode = 1;
    }
    console.log(USAGE);
    return undefined;
}

/** Each case is saved when it is done: what goes wrong in one takes no other with it. */
async function runCases(cases, options, setting, load) {
    const machine = describeMachine(setting.stores);
    let same;
    for (const name of cases) {
        const measured = await runCase(name, options.timing, setting, load);
        same ??= measured.comparisons?.find(comparison => comparison.case === 'same')?.summary.cpu.ratio.median;
        const result = { machine, timing: options.timing, same, ...measured };
        const report = renderReport(result);
        console.log(`\n${report}`);
        if (!options.quick) await save(name, result, report);
    }
}

async function runCase(name, timing, setting, load) {
    switch (name) {
        case 'memory':
            return { idle: await runIdle(timing, setting, load) };
        case 'crowd':
            return { crowds: await runCrowd(timing.crowd, setting, load) };
        case 'stored':
            return { stored: await runStored(timing, setting) };
        case 'nodes':
            return { nodes: await measureNodes(setting.stores.redis.settings, timing.nodes) };
        default: {
            const comparisons = [];
            for (const contender of CASES[name].contenders) {
                comparisons.push(await runComparison(name, contender, timing, setting, load));
            }
            return { comparisons };
        }
    }
}

async function runComparison(name, contender, timing, setting, load) {
    const { kind, json } = CASES[name];
    const specFor = server => serverSpec(server, { ...setting, json, tools: 1 });
    const result = await compare(
        { baseline: specFor(baselineOf(name, contender)), contender: specFor(contender) },
        kind,
        timing,
        load,
        setting.stores[SERVERS[contender].store]
    );
    const { cpu, throughput } = result.summary;
    console.log(
        `${name}: ${SERVERS[contender].label}: CPU ${cpu.baseline.toFixed(0)} → ${cpu.contender.toFixed(0)} µs, × ${cpu.ratio.median.toFixed(2)}; ` +
            `throughput × ${throughput.ratio.median.toFixed(2)}`
    );
    return { case: name, contender, ...result };
}

async function runIdle(timing, setting, load) {
    const idle = [];
    for (const tools of timing.tools) {
        for (const server of CASES.memory.contenders) {
            const spec = serverSpec(server, { ...setting, json: false, tools });
            const result = await idleMemory(spec, timing.idleSessions, load);
            console.log(`memory: ${SERVERS[server].label}, tools: ${tools}: ${(result.heapBytes / 1024).toFixed(1)} KiB per session`);
            idle.push({ server, tools, ...result });
        }
    }
    return idle;
}

async function runCrowd({ localIdleMs, ttlSeconds, ...crowded }, setting, load) {
    const crowds = [];
    for (const server of CASES.crowd.contenders) {
        const spec = serverSpec(server, { ...setting, json: false, tools: 1 });
        if (spec.store !== undefined) {
            // A machine that is busy is no outage.
            spec.handler = { localIdleMs, storeTimeoutMs: 30_000 };
            spec.store.settings = { ...spec.store.settings, options: { ttlSeconds } };
        }
        const sessions = Math.min(crowded.sessions, CASES.crowd.atMost[server] ?? Infinity);
        const result = await crowd(spec, { ...crowded, sessions }, load, setting.stores[SERVERS[server].store]);
        const { begun, held, heapBytes } = result.samples.at(-1);
        console.log(`crowd: ${SERVERS[server].label}: after ${begun} sessions ${held} held, ${(heapBytes / 2 ** 20).toFixed(0)} MiB`);
        crowds.push({ server, ...result });
    }
    return crowds;
}

async function runStored(timing, { stores }) {
    const stored = [];
    for (const server of CASES.stored.contenders) {
        const result = await storedBytes(stores[SERVERS[server].store], timing.storedSessions);
        console.log(
            `stored: ${SERVERS[server].label}: ${result.record.toFixed(0)} bytes per session, with ten events ${result.log.toFixed(0)} more`
        );
        stored.push({ server, ...result });
    }
    return stored;
}

try {
    await main();
} catch (error) {
    console.error(error);
    process.exitCode = 1;
}
