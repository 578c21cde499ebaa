// Finds places in the clone's sources by the names and the structure of declarations and statements.

import { Node, SyntaxKind } from 'ts-morph';
import type { ClassDeclaration, ConstructorDeclaration, InterfaceDeclaration, MethodDeclaration, SourceFile, Statement } from 'ts-morph';
import { MovedError } from './errors.js';

/** Without tokens, which are most of what a file is made of. */
function descendantsOf(node: Node): Node[] {
    const found: Node[] = [];
    node.forEachDescendant(each => {
        found.push(each);
    });
    return found;
}

const pathOf = (node: Node): string => node.getSourceFile().getFilePath().slice(1);

/** The one of `found`, which `anchor` describes. */
export function only<T>(scope: Node, anchor: string, found: readonly T[]): T {
    const [first] = found;
    if (first === undefined || found.length > 1) {
        throw new MovedError(pathOf(scope), `${anchor}${where(scope)}`, found.length === 0 ? 'none' : `${found.length} of them`);
    }
    return first;
}

function where(scope: Node): string {
    const named = [scope, ...scope.getAncestors()].flatMap(node => {
        if (Node.isConstructorDeclaration(node)) return ['constructor'];
        return Node.isMethodDeclaration(node) || Node.isClassDeclaration(node) || Node.isInterfaceDeclaration(node)
            ? [node.getName() ?? '']
            : [];
    });
    return named.length === 0 ? '' : ` in ${named.reverse().join('.')}`;
}

export const classIn = (file: SourceFile, name: string): ClassDeclaration =>
    only(
        file,
        `class ${name}`,
        file.getClasses().filter(each => each.getName() === name)
    );

export const interfaceIn = (file: SourceFile, name: string): InterfaceDeclaration =>
    only(
        file,
        `interface ${name}`,
        file.getInterfaces().filter(each => each.getName() === name)
    );

export const typeAliasIn = (file: SourceFile, name: string): Node =>
    only(
        file,
        `type ${name}`,
        file.getTypeAliases().filter(each => each.getName() === name)
    );

export const methodOf = (owner: ClassDeclaration, name: string): MethodDeclaration =>
    only(
        owner,
        `method ${name}`,
        owner.getInstanceMethods().filter(each => each.getName() === name)
    );

export const constructorOf = (owner: ClassDeclaration): ConstructorDeclaration => only(owner, 'its constructor', owner.getConstructors());

/** A property of a class, an interface or an object type. */
export const propertyOf = (owner: Node, name: string): Node =>
    only(
        owner,
        `property ${name}`,
        descendantsOf(owner).filter(node => (Node.isPropertyDeclaration(node) || Node.isPropertySignature(node)) && node.getName() === name)
    );

/** The one node within `scope`, at any depth, for which `is` holds. `anchor` names it in messages. */
export const oneNode = (scope: Node, anchor: string, is: (node: Node) => boolean): Node =>
    only(scope, anchor, descendantsOf(scope).filter(is));

/** The one statement within `scope`, at any depth, for which `is` holds. */
export const oneStatement = (scope: Node, anchor: string, is: (statement: Statement) => boolean): Statement =>
    only(scope, anchor, descendantsOf(scope).filter(Node.isStatement).filter(is));

/** Checks that nothing within `scope` is what a change adds: then somebody has made it, or something like it, before. */
export function checkAbsent(scope: Node, anchor: string, is: (node: Node) => boolean): void {
    if (descendantsOf(scope).some(is)) throw new MovedError(pathOf(scope), `no ${anchor}${where(scope)}`, 'one');
}

/** Whether it is the statement `….name = …`. */
export function isAssignmentTo(node: Node, name: string): boolean {
    if (!Node.isExpressionStatement(node)) return false;
    const expression = node.getExpression();
    if (!Node.isBinaryExpression(expression) || expression.getOperatorToken().getKind() !== SyntaxKind.EqualsToken) return false;
    return nameOf(expression.getLeft()) === name;
}

/** Whether it is a call of the function or the method of that name. */
export const isCallOf = (node: Node, name: string): boolean => Node.isCallExpression(node) && nameOf(node.getExpression()) === name;

/** Whether it is the statement that declares the variable of that name. */
export const isDeclarationOf = (node: Node, name: string): boolean =>
    Node.isVariableStatement(node) && node.getDeclarations().some(declaration => declaration.getName() === name);

/** Whether all those identifiers stand in a node. */
export function mentions(node: Node, ...names: string[]): boolean {
    const present = new Set([node, ...descendantsOf(node)].filter(Node.isIdentifier).map(identifier => identifier.getText()));
    return names.every(name => present.has(name));
}

/** Whether it is an `if` whose condition mentions all those identifiers. */
export const isIfAbout = (node: Node, ...names: string[]): boolean => Node.isIfStatement(node) && mentions(node.getExpression(), ...names);

function nameOf(node: Node): string | undefined {
    if (Node.isIdentifier(node)) return node.getText();
    return Node.isPropertyAccessExpression(node) ? node.getName() : undefined;
}
