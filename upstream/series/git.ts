import { execFileSync } from 'node:child_process';
import { RefusedError } from './errors.js';

const run = (folder: string, ...parameters: string[]): string =>
    execFileSync('git', ['-C', folder, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Refuses what is not the root of a clone, and one with changes of its own: nothing that a contributor wrote is mixed with ours. */
export function checkClean(folder: string): void {
    let state: string;
    try {
        if (run(folder, 'rev-parse', '--show-prefix').trim() !== '')
            throw new RefusedError(`${folder} is a folder within a clone, not its root.`);
        state = run(folder, 'status', '--porcelain');
    } catch (error) {
        if (error instanceof RefusedError) throw error;
        throw new RefusedError(`${folder} is not a clone: git does not know it.`, { cause: error });
    }
    if (state !== '') {
        const changed = state.split('\n').filter(line => line !== '');
        throw new RefusedError(
            `${folder} is not clean: ${changed.length} changed, ${changed[0]?.trim()} first. Commit or undo that before.`
        );
    }
}
