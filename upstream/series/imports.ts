import { Node } from 'ts-morph';
import type { ImportDeclaration, NamedImports, SourceFile } from 'ts-morph';
import { only } from './anchors.js';

/** Adds a name to what is imported from a module, in the order of the alphabet: to its types where those are imported apart. */
export function importType(file: SourceFile, module: string, name: string): void {
    const all = importsFrom(file, module);
    const types = all.filter(each => each.isTypeOnly());
    addName(file, module, types.length > 0 ? types : all, name);
}

/** The same for what is there at run time. */
export function importValue(file: SourceFile, module: string, name: string): void {
    const values = importsFrom(file, module).filter(each => !each.isTypeOnly());
    addName(file, module, values, name);
}

const importsFrom = (file: SourceFile, module: string): ImportDeclaration[] =>
    file.getImportDeclarations().filter(each => each.getModuleSpecifierValue() === module);

function addName(file: SourceFile, module: string, found: readonly ImportDeclaration[], name: string): void {
    const declaration = only(file, `an import from '${module}'`, found);
    const list: NamedImports = only(file, `names imported from '${module}'`, declaration.getDescendants().filter(Node.isNamedImports));
    const names = list.getElements();
    const gap = list.getText().includes('\n') ? '\n    ' : ' ';
    const next = names.find(each => each.getName().localeCompare(name, 'en') > 0);
    if (next !== undefined) file.insertText(next.getStart(), `${name},${gap}`);
    else file.insertText(names.at(-1)?.getEnd() ?? list.getStart() + 1, `,${gap}${name}`);
}
