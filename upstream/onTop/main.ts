// Runs this project's Redis store on a clone of modelcontextprotocol/typescript-sdk that has the changes e and f:
//
//     node --import ./scripts/typescript.mjs upstream/onTop/main.ts <clone>

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startPrivateRedis } from '../../scripts/services.mjs';
import { NodeProcess } from '../../test/support/nodeProcess.js';
import { apart } from './apart.js';
import { builtClone, type BuiltClone } from './builtClone.js';
import { onTwoNodes, throughFailures } from './held.js';
import { SteeredClient } from './steeredClient.js';
import type { Stage, Step } from './step.js';

const USAGE = `node --import ./scripts/typescript.mjs upstream/onTop/main.ts <clone>

Two nodes of a clone with the changes e and f, built, in external mode on RedisSessionStore of packages/redis, built; a Redis of
their own; and the official client. Prints what holds, and what each node keeps to itself. Exit code 0 when all holds that must.`;

const stops: (() => Promise<unknown>)[] = [];
const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
};
for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143]
] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(code)));
}

const [path] = argument();
if (path === undefined) {
    console.log(USAGE);
} else {
    try {
        process.exitCode = (await tryOut(builtClone(path))) ? 0 : 1;
    } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
    } finally {
        await stop();
    }
}

/** The clone; none where help is asked for. */
function argument(): readonly string[] {
    try {
        const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
        if (values.help === true) return [];
        if (positionals.length === 1) return positionals;
    } catch (error) {
        console.error(String(error));
    }
    console.error(USAGE);
    process.exit(2);
}

async function tryOut({ branch, env }: BuiltClone): Promise<boolean> {
    const redis = await startPrivateRedis({ persistent: true, say: console.log });
    stops.push(() => redis.stop());
    const script = fileURLToPath(new URL('./node.mjs', import.meta.url));
    const [one, two] = await Promise.all([startNode('1'), startNode('2')]);
    const session = new SteeredClient(one);
    stops.push(() => session.close());
    const stage = { one, two, redis, session };

    console.log(
        `Nodes 1 and 2: the clone's ${branch}, external mode, RedisSessionStore of packages/redis. Client: the official one, 1.x.\n`
    );
    const first = await runEach(onTwoNodes, stage);
    console.log('\nLeft to each node, and carried across by the fork only:\n');
    await runEach(apart, stage);
    console.log('');
    const last = await runEach(throughFailures, stage);
    const holds = first && last;
    console.log(`\n${holds ? 'All holds that must.' : 'Not all holds that must.'}`);
    return holds;

    async function startNode(name: string): Promise<NodeProcess> {
        const node = new NodeProcess({ name, script, env: { ...env, NODE_NAME: name, REDIS_URL: redis.url } });
        stops.push(() => node.kill());
        await node.start();
        return node;
    }
}

/** What one cannot do without, ends it. */
async function runEach(steps: readonly Step[], stage: Stage): Promise<boolean> {
    for (const { title, run } of steps) {
        try {
            print(steps === apart ? '–' : '✓', title, await run(stage));
        } catch (error) {
            print('✗', title, error instanceof Error ? error.message : String(error));
            return false;
        }
    }
    return true;
}

function print(mark: string, title: string, seen: string): void {
    console.log(`  ${mark} ${title.padEnd(68)}  ${seen}`);
}
