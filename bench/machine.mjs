import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** Where the figures come from. */
export function describeMachine(stores) {
    return {
        date: new Date().toISOString().slice(0, 10),
        cpu: cpus()[0]?.model.trim() ?? 'unknown',
        cores: availableParallelism(),
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        node: process.version,
        stores: Object.values(stores).flatMap(({ version }) => version ?? []),
        official: packageVersion('@modelcontextprotocol/sdk'),
        commit: commit()
    };
}

function packageVersion(name) {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return JSON.parse(readFileSync(file, 'utf8')).version;
}

function commit() {
    try {
        const git = (...args) =>
            execFileSync('git', args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] })
                .toString()
                .trim();
        return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '..', ':!results') === '' ? '' : ' with changes');
    } catch {
        // An unpacked archive has no history.
        return 'unknown';
    }
}
