import { join } from 'node:path';
import ts from 'typescript';

const resolutions = {
    node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
};

/** Type-checks a file of a project as strictly as TypeScript can, and returns the complaints. */
export function typecheck(folder: string, files: string[], resolution: keyof typeof resolutions): string {
    const program = ts.createProgram(
        files.map(file => join(folder, file)),
        {
            ...resolutions[resolution],
            target: ts.ScriptTarget.ES2022,
            lib: ['lib.es2022.d.ts'],
            types: ['node'],
            typeRoots: [join(folder, 'node_modules/@types')],
            strict: true,
            exactOptionalPropertyTypes: true,
            noUncheckedIndexedAccess: true,
            noImplicitOverride: true,
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
