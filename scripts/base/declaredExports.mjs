import { join } from 'node:path';
import ts from 'typescript';

/**
 * The names that each module's declarations export, types included, by module path.
 *
 * @param {string} dist a folder with declarations
 * @param {string[]} modules such as `server/mcp.js`
 * @returns {Record<string, string[]>}
 */
export function declaredExports(dist, modules) {
    const fileOf = module => join(dist, module.replace(/\.js$/, '.d.ts'));
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
