import { Node, SyntaxKind } from 'ts-morph';
import {
    checkAbsent,
    classIn,
    constructorOf,
    interfaceIn,
    isDeclarationOf,
    isIfAbout,
    methodOf,
    oneNode,
    oneStatement,
    propertyOf
} from '../anchors.js';
import type { Change } from '../change.js';
import { appendToDocumentation, insertAfter, insertBefore, removeLine, replaceNode } from '../edits.js';
import { serverTest, testImports, transportClass, transportFile } from '../places.js';
import { fillIn, textBeside } from '../texts.js';

export const change: Change = {
    id: 'c',
    title: 'fix(server): replay the events of a session to that session only',
    targets: ['v1.x', 'main'],
    tests: branch => [
        {
            path: serverTest(branch, 'streamableHttpSessionReplay'),
            text: fillIn(textBeside(import.meta.url, 'test.txt'), {
                TRANSPORT: testImports[branch].transport,
                MCP_SERVER: testImports[branch].mcpServer
            })
        }
    ],
    changeset: { path: '.changeset/event-store-bound-to-session.md', text: textBeside(import.meta.url, 'changeset.txt') },
    apply(clone) {
        const file = clone.source(transportFile[clone.branch]);
        const transport = () => classIn(file, transportClass);
        const replay = () => methodOf(transport(), 'replayEvents');

        checkAbsent(
            transport(),
            'method streamIdOfSession',
            node => Node.isMethodDeclaration(node) && node.getName() === 'streamIdOfSession'
        );
        // The id of the standalone stream, until now the same in all sessions, is derived from the session.
        const standalone = propertyOf(transport(), '_standaloneSseStreamId');
        const name = oneNode(standalone, 'its value', Node.isStringLiteral).getText();
        removeLine(standalone);
        insertAfter(constructorOf(transport()), `\n${membersWith(name)}`);

        const streamId = oneStatement(methodOf(transport(), 'handlePostRequest'), 'the declaration of streamId', node =>
            isDeclarationOf(node, 'streamId')
        );
        const random = oneNode(streamId, 'its value', Node.isCallExpression);
        replaceNode(random, `this.streamIdOfSession(${random.getText()})`);

        replaceNode(
            oneNode(
                replay(),
                'the condition that no stream was found',
                node => Node.isPrefixUnaryExpression(node) && isConditionOn(node, 'streamId')
            ),
            '!streamId || this.isOfAnotherSession(streamId)'
        );
        const refusal = oneStatement(replay(), 'the if that no stream was found', node => isIfAbout(node, 'isOfAnotherSession'));
        insertBefore(
            oneStatement(replay(), 'the if about _closed and cancelled', node => isIfAbout(node, '_closed', 'cancelled')),
            `// A store without getStreamIdForEventId names the stream only now: what it replayed is not handed out
if (this.isOfAnotherSession(replayedStreamId)) ${asBlock(refusal)}
`
        );

        appendToDocumentation(
            propertyOf(interfaceIn(file, 'WebStandardStreamableHTTPServerTransportOptions'), 'eventStore'),
            '\nSessions may share one store: stream IDs name their session, and its events are replayed to no other session.'
        );
    }
};

const isConditionOn = (node: Node, name: string): boolean => {
    const parent = node.getParent();
    return Node.isIfStatement(parent) && node.getText() === `!${name}`;
};

/** What an `if` does, to be done elsewhere as well. */
function asBlock(statement: Node): string {
    const lines = statement.asKindOrThrow(SyntaxKind.IfStatement).getThenStatement().getText().split('\n');
    const column = /^ */.exec(lines.at(-1) ?? '')?.[0] ?? '';
    return lines.map(line => (line.startsWith(column) ? line.slice(column.length) : line)).join('\n');
}

const membersWith = (standalone: string): string => `private get _standaloneSseStreamId(): string {
    return this.streamIdOfSession(${standalone});
}

/**
 * Names the session in a stream ID, since an event store may be shared by sessions.
 * In hex: stores build event IDs from stream IDs, and find the end of those by a separator.
 */
private streamIdOfSession(name: string): string {
    if (this.sessionId === undefined) return name;
    const hex = Array.from(new TextEncoder().encode(this.sessionId), byte => byte.toString(16).padStart(2, '0'));
    return \`\${name}-session-\${hex.join('')}\`;
}

/** Whether a stream ID from the event store names a session, and not this one. */
private isOfAnotherSession(streamId: string): boolean {
    const [name = '', session] = streamId.split('-session-');
    return session !== undefined && streamId !== this.streamIdOfSession(name);
}`;
