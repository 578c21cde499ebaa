import { Node, SyntaxKind } from 'ts-morph';
import { checkAbsent, classIn, isCallOf, isIfAbout, mentions, methodOf, oneNode, oneStatement } from '../anchors.js';
import type { Change } from '../change.js';
import type { Clone } from '../clone.js';
import { insertAfter, insertBefore } from '../edits.js';
import { serverTest, testImports, transportClass, transportFile } from '../places.js';
import { fillIn, textBeside } from '../texts.js';

export const change: Change = {
    id: 'b',
    title: 'fix(server): free the entries of JSON responses, and answer those that wait when the transport closes',
    targets: ['v1.x', 'main'],
    tests: branch => [
        {
            path: serverTest(branch, 'streamableHttpJsonLifecycle'),
            text: fillIn(textBeside(import.meta.url, 'test.txt'), {
                TRANSPORT: testImports[branch].transport,
                MCP_SERVER: testImports[branch].mcpServer,
                EXTRA: branch === 'main' ? 'ctx' : 'extra',
                SIGNAL: branch === 'main' ? 'ctx.mcpReq.signal' : 'extra.signal'
            })
        }
    ],
    changeset: { path: '.changeset/json-responses-settle-on-close.md', text: textBeside(import.meta.url, 'changeset.txt') },
    apply(clone) {
        freeWhenAnswered(clone);
        answerWhenClosed(clone);
    }
};

/** Has `send` run the clean-up of a JSON response that is complete. On main it does so already. */
function freeWhenAnswered(clone: Clone): void {
    const send = methodOf(classIn(clone.source(transportFile[clone.branch]), transportClass), 'send');
    const json = oneStatement(send, 'the if that answers with JSON', node => isIfAbout(node, '_enableJsonResponse', 'resolveJson'));
    const complete = json.asKindOrThrow(SyntaxKind.IfStatement).getThenStatement();
    if (clone.branch === 'main') {
        oneNode(complete, 'the clean-up of a complete JSON response', node => isCallOf(node, 'cleanup'));
        return;
    }
    checkAbsent(complete, 'clean-up of a complete JSON response', node => isCallOf(node, 'cleanup'));
    insertAfter(
        oneStatement(complete, 'the choice between one response and several', node => isIfAbout(node, 'responses', 'length')),
        'stream.cleanup();'
    );
}

/** Has `close` answer what waits for a JSON response, as requests to a closed transport are answered. */
function answerWhenClosed(clone: Clone): void {
    const transport = classIn(clone.source(transportFile[clone.branch]), transportClass);
    const closed = oneStatement(methodOf(transport, 'handleRequest'), 'the if about _closed', node => isIfAbout(node, '_closed'));
    const answer = oneNode(closed, 'its answer', node => isCallOf(node, 'createJsonErrorResponse')).getText();
    checkAbsent(methodOf(transport, 'close'), 'answer to JSON responses that wait', node => mentions(node, 'resolveJson'));
    insertBefore(
        oneStatement(
            methodOf(transport, 'close'),
            'the loop over all streams',
            node => (Node.isForOfStatement(node) || Node.isExpressionStatement(node)) && mentions(node, '_streamMapping', 'cleanup')
        ),
        `// Nothing will resolve what still waits for a JSON response: answer as any request to a closed transport is
for (const { resolveJson } of this._streamMapping.values()) {
    resolveJson?.(${answer});
}
`
    );
}
