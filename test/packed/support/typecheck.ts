import { resolve } from 'node:path';
import ts from 'typescript';

const resolutions = {
    node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
};

/** What is more than `strict`, and is asked for by projects that want all that TypeScript can find. */
export const strictest: ts.CompilerOptions = { exactOptionalPropertyTypes: true, noImplicitOverride: true };

/** Type-checks files of a project of a user, and returns the complaints. */
export function typecheck(
    folder: string,
    files: string[],
    resolution: keyof typeof resolutions = 'nodenext',
    more: ts.CompilerOptions = strictest
): string {
    const program = ts.createProgram(
        files.map(file => resolve(folder, file)),
        {
            ...resolutions[resolution],
            ...more,
            target: ts.ScriptTarget.ES2022,
            lib: ['lib.es2022.d.ts'],
            types: ['node'],
            typeRoots: [resolve(folder, 'node_modules/@types')],
            strict: true,
            noUncheckedIndexedAccess: true,
            skipLibCheck: true,
            noEmit: true
        }
    );
    return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
        getCanonicalFileName: name => name,
        getCurrentDirectory: () => folder,
        getNewLine: () => '\n'
    });
}
