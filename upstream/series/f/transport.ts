import { Node, SyntaxKind } from 'ts-morph';
import {
    classIn,
    constructorOf,
    interfaceIn,
    isAssignmentTo,
    isCallOf,
    isIfAbout,
    methodOf,
    oneStatement,
    only,
    propertyOf
} from '../anchors.js';
import type { Clone } from '../clone.js';
import { insertAfter, insertBefore, replaceNode } from '../edits.js';
import { codeLiteral, transportClass, transportFile } from '../places.js';
import { fillIn, textBeside } from '../texts.js';

/** External mode in the Streamable HTTP transport: sessions are stored, looked up and deleted. */
export function keepSessionsInStore(clone: Clone): void {
    addOptions(clone);
    storeAtInitialize(clone);
    askBeforeEachRequest(clone);
    addMethods(clone);
    deleteAtDelete(clone);
}

function addOptions(clone: Clone): void {
    const isMain = clone.branch === 'main';
    const file = clone.source(transportFile[clone.branch]);
    const transport = () => classIn(file, transportClass);
    const optional = isMain ? ' | undefined' : '';
    const options = textBeside(import.meta.url, 'options.txt').trimEnd();
    insertAfter(
        propertyOf(interfaceIn(file, `${transportClass}Options`), 'sessionId'),
        fillIn(options, { MODE: `'memory' | 'external'${optional}`, STORE: `SessionStore${optional}` })
    );
    insertAfter(propertyOf(transport(), '_eventStore'), 'private _sessionStore?: SessionStore;');
    insertAfter(propertyOf(transport(), 'onmessage'), "onsessionrestored?: Transport['onsessionrestored'];");
    insertAfter(
        oneStatement(constructorOf(transport()), 'the assignment to _keepAliveMs', statement => isAssignmentTo(statement, '_keepAliveMs')),
        `
if (options.sessionStorageMode !== 'memory') {
    this._sessionStore = options.sessionStore;
}
if (options.sessionStorageMode === 'external' && !this._sessionStore) {
    throw new Error("sessionStorageMode 'external' requires a sessionStore");
}`
    );
    const beside = only(
        file,
        'the import of sseKeepAlive',
        file.getImportDeclarations().filter(each => each.getModuleSpecifierValue().startsWith('./sseKeepAlive'))
    );
    insertBefore(
        beside,
        isMain ? "import type { SessionStore } from './sessionStore';" : "import { SessionStore } from './sessionStore.js';"
    );
}

function storeAtInitialize(clone: Clone): void {
    const post = methodOf(classIn(clone.source(transportFile[clone.branch]), transportClass), 'handlePostRequest');
    insertAfter(
        oneStatement(
            post,
            'this._initialized = true',
            statement => isAssignmentTo(statement, '_initialized') && statement.getText().includes('true')
        ),
        `
const storeError = await this.storeSession(messages[0]);
if (storeError) {
    return storeError;
}`
    );
}

function askBeforeEachRequest(clone: Clone): void {
    const file = clone.source(transportFile[clone.branch]);
    const validate = () => methodOf(classIn(file, transportClass), 'validateSession');
    insertAfter(
        oneStatement(validate(), 'the if about sessionIdGenerator', statement => isIfAbout(statement, 'sessionIdGenerator')),
        `
const storeError = await this.validateStoredSession(req.headers.get('mcp-session-id'));
if (storeError) {
    return storeError;
}`
    );
    validate().setReturnType('Promise<Response | undefined>');
    validate().setIsAsync(true);
    for (const name of ['handlePostRequest', 'handleGetRequest', 'handleDeleteRequest']) {
        const handler = methodOf(classIn(file, transportClass), name);
        const call = only(
            handler,
            'a call of validateSession',
            handler.getDescendants().filter(node => isCallOf(node, 'validateSession') && !Node.isAwaitExpression(node.getParent()))
        );
        replaceNode(call, `await ${call.getText()}`);
    }
    // The others look whether the transport was closed meanwhile.
    insertAfter(
        oneStatement(methodOf(classIn(file, transportClass), 'handleGetRequest'), 'the if about sessionError', statement =>
            isIfAbout(statement, 'sessionError')
        ),
        `if (this._closed) {
    return this.createJsonErrorResponse(404, ${codeLiteral(clone.branch, -32001)}, 'Session not found');
}`
    );
}

/** Behind validateSession, which calls one of them. */
function addMethods(clone: Clone): void {
    const file = clone.source(transportFile[clone.branch]);
    const validate = methodOf(classIn(file, transportClass), 'validateSession');
    const next = only(
        validate,
        'a method after validateSession',
        [validate.getNextSiblingIfKind(SyntaxKind.MethodDeclaration)].filter(each => each !== undefined)
    );
    const methods = textBeside(import.meta.url, 'methods.txt');
    insertBefore(next, fillIn(methods, { NOT_FOUND: codeLiteral(clone.branch, -32001), INTERNAL: codeLiteral(clone.branch, -32603) }));
}

function deleteAtDelete(clone: Clone): void {
    const handler = methodOf(classIn(clone.source(transportFile[clone.branch]), transportClass), 'handleDeleteRequest');
    const call = only(
        handler,
        'a call of _onsessionclosed',
        handler.getDescendants().filter(node => isCallOf(node, '_onsessionclosed'))
    );
    const statement = only(
        handler,
        'the statement that calls _onsessionclosed',
        handler.getStatements().filter(each => each.getPos() <= call.getPos() && call.getEnd() <= each.getEnd())
    );
    insertBefore(
        statement,
        `if (this._sessionStore && this.sessionId !== undefined) {
    try {
        await this._sessionStore.deleteSession(this.sessionId);
    } catch (error) {
        return this.createStoreErrorResponse(error);
    }
}
`
    );
}
