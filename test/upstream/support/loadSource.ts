import { ts } from 'ts-morph';

/** Runs the text of a TypeScript module that imports nothing, and gives what it exports. */
export async function loadSource<Exports>(text: string): Promise<Exports> {
    const { outputText, diagnostics = [] } = ts.transpileModule(text, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
        reportDiagnostics: true
    });
    if (diagnostics.length > 0) throw new SyntaxError(diagnostics.map(({ messageText }) => JSON.stringify(messageText)).join('\n'));
    return (await import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`)) as Exports;
}
