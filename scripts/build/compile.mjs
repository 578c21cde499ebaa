import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const host = { getCanonicalFileName: name => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n' };

/**
 * Compiles the TypeScript files under `sources` to `outDir/esm` and `outDir/cjs`, each with declarations and source maps;
 * of a program to `outDir/esm` alone, without declarations.
 *
 * The ES modules come from the type-checked program. The CommonJS files are made from each source by itself, which
 * `isolatedModules` and `verbatimModuleSyntax` make safe; the declarations are the same text for both.
 *
 * @param {object} job
 * @param {string} job.root the workspace root, which holds tsconfig.build.json
 * @param {string} job.sources the folder of the sources
 * @param {string} job.outDir
 * @param {string} job.finalDir where `outDir` will be moved to: source maps are made for there
 * @param {Record<string, string[]>} [job.paths] where the declarations of other packages are
 * @param {boolean} [job.isProgram]
 */
export function compile({ root, sources, outDir, finalDir, paths = {}, isProgram = false }) {
    const esm = { ...readOptions(root), rootDir: sources, outDir: join(outDir, 'esm'), paths, pathsBasePath: root };
    const cjs = { ...esm, module: ts.ModuleKind.CommonJS, moduleResolution: undefined, verbatimModuleSyntax: false };
    const names = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'));

    const program = ts.createProgram({ rootNames: names.map(name => join(sources, name)), options: esm });
    report(ts.getPreEmitDiagnostics(program));
    const emitted = new Map();
    report(program.emit(undefined, (file, text) => emitted.set(relative(esm.outDir, file), text)).diagnostics);

    for (const name of names) {
        const fileName = join(sources, name);
        const module = name.slice(0, -'.ts'.length);
        const { outputText, sourceMapText } = ts.transpileModule(readFileSync(fileName, 'utf8'), { compilerOptions: cjs, fileName });
        const files = {
            esm: { '.js': emitted.get(`${module}.js`), '.js.map': emitted.get(`${module}.js.map`) },
            cjs: { '.js': outputText, '.js.map': sourceMapText }
        };
        for (const format of isProgram ? ['esm'] : ['esm', 'cjs']) {
            const source = relative(dirname(join(finalDir, format, module)), fileName);
            if (!isProgram) files[format]['.d.ts'] = emitted.get(`${module}.d.ts`);
            for (const [extension, text] of Object.entries(files[format])) {
                write(join(outDir, format, module + extension), extension.endsWith('.map') ? withSource(text, source) : text);
            }
        }
    }
}

/** Tells Node, and TypeScript, how to read the `.js` and `.d.ts` files of a build. */
export function writeModuleTypes(outDir) {
    write(join(outDir, 'esm', 'package.json'), '{"type": "module"}\n');
    write(join(outDir, 'cjs', 'package.json'), '{"type": "commonjs"}\n');
}

function readOptions(root) {
    const { config, error } = ts.readConfigFile(join(root, 'tsconfig.build.json'), ts.sys.readFile);
    if (error) report([error]);
    const { options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    report(errors);
    return options;
}

function withSource(mapText, source) {
    return JSON.stringify({ ...JSON.parse(mapText), sources: [source.replaceAll('\\', '/')] });
}

function report(diagnostics) {
    if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(diagnostics), host).trimEnd());
}

function write(file, text) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
}
