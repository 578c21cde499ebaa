import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { workspace } from '../../packed/support/scratch.js';

/** Type-checks files as a new project of a user does, and returns the complaints. */
export function typecheckFiles(folder: string, files: string[]): string {
    const program = ts.createProgram(files, {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts'],
        types: ['node'],
        typeRoots: [join(folder, 'node_modules/@types')],
        strict: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: true,
        noEmit: true
    });
    return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
        getCanonicalFileName: name => name,
        getCurrentDirectory: () => folder,
        getNewLine: () => '\n'
    });
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
