// npm run bench: compares the fork with the official package. See bench/README.md.

import { mkdirSync, writeFileSync } from 'node:fs';
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
import { storedBytes } from './storedBytes.mjs';
import { openStores, stopStores } from './stores/open.mjs';

const RESULTS = new URL('./results/', import.meta.url);

async function main() {
    const options = optionsOrUsage();
    if (options === undefined) return;
    const cases = options.only === undefined ? Object.keys(CASES) : [options.only];
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

async function runCases(cases, options, setting, load) {
    const { timing } = options;
    const comparisons = [];
    for (const name of cases.filter(each => CASES[each].kind !== undefined)) {
        for (const contender of CASES[name].contenders) comparisons.push(await runComparison(name, contender, timing, setting, load));
    }
    const idle = cases.includes('memory') ? await runIdle(timing, setting, load) : [];
    const crowds = cases.includes('crowd') ? await runCrowd(timing.crowd, setting, load) : [];
    const nodes = cases.includes('nodes') ? await measureNodes(setting.stores.redis.settings, timing.nodes) : undefined;
    const stored = cases.includes('stored') ? await runStored(timing, setting) : [];
    const result = { machine: describeMachine(setting.stores), timing, comparisons, idle, crowds, stored, nodes };
    const report = renderReport(result);
    console.log(`\n${report}`);
    if (options.quick) return;
    const name = options.only ?? 'latest';
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(new URL(`${name}.json`, RESULTS), renderJson(result));
    writeFileSync(new URL(`${name}.md`, RESULTS), report);
    console.log(`Saved in bench/results/${name}.md, with every round in ${name}.json.`);
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
            spec.handler = { localIdleMs };
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

/** Readable differences: a line per round. */
function renderJson(result) {
    const text = JSON.stringify(result, (key, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value), 1);
    return `${text.replace(/\{[^{}]*\}/g, object => object.replace(/\s*\n\s*/g, ' '))}\n`;
}

try {
    await main();
} catch (error) {
    console.error(error);
    process.exitCode = 1;
}
