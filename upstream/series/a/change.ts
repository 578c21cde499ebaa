import { Node, SyntaxKind } from 'ts-morph';
import { classIn, isCallOf, mentions, methodOf, oneNode, oneStatement, only } from '../anchors.js';
import type { Branch, Change } from '../change.js';
import type { Clone } from '../clone.js';
import { replaceNode, replaceWithin } from '../edits.js';
import { codeLiteral, serverTest, testImports, transportClass, transportFile } from '../places.js';
import { fillIn, textBeside } from '../texts.js';

// Tests of the clone that expect what was answered before, found by what they set up.
const testsOfToday: Readonly<Record<Branch, readonly { path: string; about: readonly string[] }[]>> = {
    'v1.x': [
        { path: 'test/server/streamableHttp.test.ts', about: ['failStore'] },
        { path: 'test/server/streamableHttp.test.ts', about: ['onsessioninitialized', 'initResponse', 'consoleErrorSpy'] }
    ],
    main: [
        { path: 'packages/middleware/node/test/streamableHttp.test.ts', about: ['onsessioninitialized', 'initResponse', 'consoleErrorSpy'] }
    ]
};

export const change: Change = {
    id: 'a',
    title: 'fix(server): answer event store and callback failures with 500, not with a parse error',
    targets: ['v1.x', 'main'],
    tests: branch => [
        {
            path: serverTest(branch, 'streamableHttpServerFailures'),
            text: fillIn(textBeside(import.meta.url, 'test.txt'), {
                TRANSPORT: testImports[branch].transport,
                MCP_SERVER: testImports[branch].mcpServer
            })
        }
    ],
    changeset: { path: '.changeset/server-failures-are-internal-errors.md', text: textBeside(import.meta.url, 'changeset.txt') },
    apply(clone) {
        const file = clone.source(transportFile[clone.branch]);
        const post = () => methodOf(classIn(file, transportClass), 'handlePostRequest');
        replaceNode(
            lastAnswer(post()),
            `return this.createJsonErrorResponse(500, ${codeLiteral(clone.branch, -32603)}, 'Internal error');`
        );
        replaceWithin(
            oneStatement(
                post(),
                'the if that arms the keep-alive timer',
                node => Node.isIfStatement(node) && mentions(node.getThenStatement(), 'startKeepAlive')
            ),
            /\b400\b/g,
            '500'
        );
        for (const { path, about } of testsOfToday[clone.branch]) expectInternalError(clone, path, about);
    }
};

/** What `handlePostRequest` answers to whatever was thrown in it. */
function lastAnswer(post: Node): Node {
    const outermost = only(
        post,
        'one try around all',
        post.getChildrenOfKind(SyntaxKind.Block).flatMap(block => block.getStatements().filter(Node.isTryStatement))
    );
    return oneStatement(
        outermost.getCatchClauseOrThrow(),
        'the return of its catch clause',
        node => Node.isReturnStatement(node) && mentions(node, 'createJsonErrorResponse')
    );
}

/** Has a test of the clone expect 500. */
function expectInternalError(clone: Clone, path: string, about: readonly string[]): void {
    const file = clone.source(path);
    const test = oneNode(
        file,
        `the test that mentions ${about.join(', ')}`,
        node => isCallOf(node, 'it') && mentions(node, ...about) && /\bthrow\b/.test(node.getText()) && /\b400\b/.test(node.getText())
    );
    replaceWithin(test, /\b400\b/g, '500');
}
