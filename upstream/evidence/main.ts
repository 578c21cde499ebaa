// Prints what the official packages do today where a session has more than one node, or more than one of something else.
// See README.md; run it with `npm run evidence`.

import { parseArgs } from 'node:util';
import { Nodes } from './nodes.js';
import { count, observe, rowsOf, type Failure } from './row.js';
import { save } from './saved.js';
import { situations } from './situations.js';
import { textTable } from './table.js';
import { targetOfClone, targets as npmTargets, type Target } from './target.js';
import type { Observed } from './situation.js';

const USAGE = `Usage: npm run evidence [-- [--clone FOLDER]… [--json | --save]]

Runs each situation on two nodes of the official packages from npm, and prints what is observed.

  --clone FOLDER   takes the build of a clone of modelcontextprotocol/typescript-sdk in place of its line's package from npm,
                   to see what a change does there. It is built by its own commands, on v1.x \`npm run build:esm\`
  --json           the rows as JSON
  --save           puts the table into upstream/evidence/README.md, too
  --help           this text`;

const flags = readFlags();
const targets = npmTargets.map(target => flags.clones.find(({ name }) => name === target.name) ?? target);
const nodes = targets.map(target => new Nodes(target));
for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143]
] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(code)));
}
try {
    const failures = flags.help ? [] : await show();
    for (const { row, target, error } of failures) console.error(`\n${row} could not be run on ${target}:`, error);
    process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
    await stop();
}

async function show(): Promise<readonly Failure[]> {
    const failures: Failure[] = [];
    const observed: Record<Target['name'], ReadonlyMap<string, Observed>> = { '1.x': new Map(), '2.x': new Map() };
    await Promise.all(nodes.map(pair => pair.start()));
    for (const { target, pids } of nodes) console.error(`Two nodes of ${target.packages.join(' with ')}: pids ${pids.join(', ')}`);
    await Promise.all(
        nodes.map(async pair => {
            observed[pair.target.name] = await observe(pair, situations, failure => failures.push(failure));
        })
    );
    await stop();
    const rows = rowsOf(situations, observed);
    if (flags.json) {
        console.log(JSON.stringify({ packages: targets.flatMap(({ packages }) => packages), rows }, undefined, 4));
    } else {
        const coloured = process.stdout.isTTY === true && !process.env['NO_COLOR'];
        console.log(`\n${textTable(rows, targets, coloured)}\n\n${count(rows, targets)}`);
    }
    if (flags.save && failures.length === 0) await save(rows);
    return failures;
}

async function stop(): Promise<void> {
    await Promise.all(nodes.map(pair => pair.stop()));
}

function readFlags() {
    try {
        const { values } = parseArgs({
            options: {
                clone: { type: 'string', multiple: true, default: [] },
                json: { type: 'boolean' },
                save: { type: 'boolean' },
                help: { type: 'boolean' }
            }
        });
        if (values.help) console.log(USAGE);
        const clones = values.clone.map(targetOfClone);
        if (values.save && clones.length > 0) throw new Error('Only what was observed on the packages from npm is saved.');
        return { ...values, clones };
    } catch (error) {
        console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
        process.exit(2);
    }
}
