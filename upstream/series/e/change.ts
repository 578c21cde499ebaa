import { Node } from 'ts-morph';
import type { MethodDeclaration } from 'ts-morph';
import { checkAbsent, classIn, constructorOf, interfaceIn, isAssignmentTo, methodOf, oneStatement, only, propertyOf } from '../anchors.js';
import type { Branch, Change } from '../change.js';
import type { Clone } from '../clone.js';
import { insertAfter } from '../edits.js';
import { importType, importValue } from '../imports.js';
import { serverTest, testImports, transportClass, transportFile } from '../places.js';
import { fillIn, textBeside } from '../texts.js';

const text = (name: string): string => textBeside(import.meta.url, name);

const serverFile: Readonly<Record<Branch, string>> = {
    'v1.x': 'src/server/index.ts',
    main: 'packages/server/src/server/server.ts'
};

const typesModule: Readonly<Record<Branch, string>> = { 'v1.x': '../types.js', main: '@modelcontextprotocol/core-internal' };

const page = 'docs/serving/sessions-state-scaling.md';
const pageExample = 'examples/guides/serving/sessions-state-scaling.examples.ts';

/** The restore seam: a transport for a session that began elsewhere, and its server. */
export const change: Change = {
    id: 'e',
    title: 'feat(server): serve a session that was initialized on another node',
    targets: ['main'],
    tests: branch => [{ path: serverTest(branch, 'restoredSession'), text: fillIn(text('test.txt'), { IMPORTS: importsOf(branch) }) }],
    changeset: { path: '.changeset/restore-initialized-session.md', text: text('changeset.md') },
    apply(clone) {
        giveTransportItsSession(clone);
        splitInitialize(clone);
        if (clone.branch === 'main') correctPage(clone);
    }
};

function importsOf(branch: Branch): string {
    const { mcpServer, transport } = testImports[branch];
    const ours = `import { McpServer } from '${mcpServer}';\nimport { WebStandardStreamableHTTPServerTransport } from '${transport}';`;
    return branch === 'main'
        ? `import { randomUUID } from 'node:crypto';\n\nimport { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/core-internal';\n\n${ours}`
        : `import { randomUUID } from 'node:crypto';\n${ours}\nimport { LATEST_PROTOCOL_VERSION } from '../../src/types.js';`;
}

function giveTransportItsSession(clone: Clone): void {
    const file = clone.source(transportFile[clone.branch]);
    const options = interfaceIn(file, `${transportClass}Options`);
    checkAbsent(options, 'option sessionId', node => Node.isPropertySignature(node) && node.getName() === 'sessionId');
    const type = clone.branch === 'main' ? 'string | undefined' : 'string';
    insertAfter(
        propertyOf(interfaceIn(file, `${transportClass}Options`), 'sessionIdGenerator'),
        `
/**
 * ID of a session that was initialized by another transport, for example on another node or before a restart.
 * The transport serves this session at once and rejects \`initialize\`.
 *
 * Pass what the client sent in \`initialize\` to \`Server.restoreInitializeState()\`.
 */
sessionId?: ${type};`
    );
    insertAfter(
        oneStatement(constructorOf(classIn(file, transportClass)), 'the assignment to _keepAliveMs', statement =>
            isAssignmentTo(statement, '_keepAliveMs')
        ),
        `
const { sessionId } = options;
if (sessionId !== undefined) {
    this.sessionId = sessionId;
    this._initialized = true;
    // A transport with a session is never stateless, and this one begins no other session.
    this.sessionIdGenerator ??= () => sessionId;
}`
    );
}

/** What `initialize` settles gets a method of its own: the method is cut in two before its return statement. */
function splitInitialize(clone: Clone): void {
    const file = clone.source(serverFile[clone.branch]);
    checkAbsent(
        classIn(file, 'Server'),
        'method restoreInitializeState',
        node => Node.isMethodDeclaration(node) && node.getName() === 'restoreInitializeState'
    );
    const method = methodOf(classIn(file, 'Server'), '_oninitialize');
    const { signature, settling, answer } = partsOf(method);
    const text = `/**
     * Sets what \`initialize\` sets: the client's capabilities, its name and version, and the protocol version.
     * For a session whose \`initialize\` was handled by another server instance.
     *
     * Call it after \`connect()\` and before a request of the session is handled. It does not call \`oninitialized\`.
     *
     * @param initializeParams The \`params\` of the client's \`initialize\` request, as they were sent or as they were parsed
     * @returns The negotiated protocol version
     */
    restoreInitializeState(initializeParams: InitializeRequest['params']): string {
        // Parsing adds what a capability implies, such as form mode to an empty \`elicitation\`
        const params = InitializeRequestParamsSchema.parse(initializeParams);
        ${settling.replaceAll('request.params', 'params')}

        return protocolVersion;
    }

    ${signature}{
        const protocolVersion = this.restoreInitializeState(request.params);

        ${answer}
    }`;
    file.replaceText([method.getStart(), method.getEnd()], text);
    importValue(file, typesModule[clone.branch], 'InitializeRequestParamsSchema');
}

/** The parts of `_oninitialize` as they stand in the clone: what it settles with the client, and what it answers. */
function partsOf(method: MethodDeclaration): { signature: string; settling: string; answer: string } {
    const text = method.getSourceFile().getFullText();
    const statements = method.getStatements();
    const answer = only(
        method,
        'a return statement, as its last one',
        statements.filter((statement, at) => Node.isReturnStatement(statement) && at === statements.length - 1)
    );
    const first = only(
        method,
        'const requestedVersion, as its first statement',
        statements.slice(0, 1).filter(statement => Node.isVariableStatement(statement) && statement.getText().includes('requestedVersion'))
    );
    only(
        method,
        'const protocolVersion',
        statements.filter(
            statement => Node.isVariableStatement(statement) && statement.getDeclarations()[0]?.getName() === 'protocolVersion'
        )
    );
    return {
        signature: text.slice(method.getStart(), method.getBodyOrThrow().getStart()),
        settling: text.slice(first.getStart(), answer.getFullStart()).trimEnd(),
        answer: answer.getText()
    };
}

/** The page on scaling says what holds without this change, and what with it; its code stands in the page's example. */
function correctPage(clone: Clone): void {
    clone.replaceParagraph(page, 'Scale across nodes', '**Persistent storage**', text('page.md'));
    const example = clone.source(pageExample);
    importType(example, '@modelcontextprotocol/server', 'InitializeRequestParams');
    insertAfter(
        only(
            example,
            'the statement void resumability_eventStore',
            example.getStatements().filter(statement => statement.getText() === 'void resumability_eventStore;')
        ),
        text('example.txt').trimEnd()
    );
}
