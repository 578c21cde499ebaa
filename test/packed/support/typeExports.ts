import { join } from 'node:path';
import ts from 'typescript';

/** The names that each module's declarations export, types included, by module path. */
export function declaredExports(dist: string, modules: string[]): Record<string, string[]> {
    const fileOf = (module: string) => join(dist, module.replace(/\.js$/, '.d.ts'));
    const program = ts.createProgram(modules.map(fileOf), {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        noLib: true,
        types: []
    });
    const checker = program.getTypeChecker();
    return Object.fromEntries(
        modules.map(module => {
            const source = program.getSourceFile(fileOf(module));
            const symbol = source && checker.getSymbolAtLocation(source);
            const names = symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
            return [module, names.sort()];
        })
    );
}
