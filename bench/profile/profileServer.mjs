import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SERVERS, serverSpec } from '../plan.mjs';
import { startTarget } from '../target.mjs';
import { readProfile } from './readProfile.mjs';

const FOLDER = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
const WARM_UP_MS = 8_000;
const CALM_MS = 2_000;
const LOAD_MS = 10_000;
const QUICK_LOAD_MS = 3_000;

/** Loads one server and says where its time goes. */
export async function profileServer(options, setting, load) {
    const kind = options.initialize ? 'initialize' : 'call';
    const spec = serverSpec(options.profile, { ...setting, json: options.json, tools: 1 });
    mkdirSync(FOLDER, { recursive: true });
    const file = `${FOLDER}${options.profile}-${kind}-${options.json ? 'json' : 'sse'}.cpuprofile`;
    const target = await startTarget('profiled', spec, load, kind);
    try {
        await target.slice(WARM_UP_MS);
        // Sampling has its price, so the figure per request is taken before it begins.
        const calm = await target.slice(CALM_MS);
        await target.ask('startProfile');
        const loaded = await target.slice(options.quick ? QUICK_LOAD_MS : LOAD_MS);
        await target.ask('stopProfile', { file });
        console.log(`\n${SERVERS[options.profile].label}, ${kind}, ${options.json ? 'JSON' : 'SSE'}`);
        print(readProfile(JSON.parse(readFileSync(file, 'utf8'))), calm.cpuMicros / calm.requests, loaded);
        console.log(`\nThe profile, for the developer tools of a browser: ${file}`);
    } finally {
        await target.stop();
    }
}

function print({ groups, functions, lines }, microsPerRequest, { requests }) {
    const perRequest = share => (share * microsPerRequest).toFixed(1).padStart(6);
    const percent = share => `${(share * 100).toFixed(1).padStart(5)} %`;
    console.log(`${microsPerRequest.toFixed(1)} µs of CPU per request; ${requests} requests while sampling\n`);
    console.log('     µs       share  group (self time)');
    for (const { name, share } of groups) console.log(`${perRequest(share)}  ${percent(share)}    ${name}`);
    console.log('\n     µs       share  function (self time)');
    for (const { name, group, share } of functions) console.log(`${perRequest(share)}  ${percent(share)}    ${name}  [${group}]`);
    console.log('\n     µs       share  line of a transport (self time)');
    for (const { name, code, share } of lines) console.log(`${perRequest(share)}  ${percent(share)}    ${name}  ${code}`);
}
