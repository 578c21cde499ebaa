import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspace } from '../../packed/support/scratch.js';
import { typecheck } from '../../packed/support/typecheck.js';

/** Type-checks files as a new project of a user does, and returns the complaints. */
export function typecheckFiles(folder: string, files: string[]): string {
    return typecheck(folder, files, 'nodenext', {});
}

/** The same of a project that has a tsconfig.json of its own. */
export async function typecheckProject(folder: string): Promise<string> {
    const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
    try {
        return (await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', folder], { cwd: folder })).stdout;
    } catch (error) {
        return (error as { stdout: string }).stdout || String(error);
    }
}
