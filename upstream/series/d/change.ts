import { Node, SyntaxKind } from 'ts-morph';
import { checkAbsent, classIn, isCallOf, methodOf, oneNode, propertyOf, typeAliasIn } from '../anchors.js';
import type { Change } from '../change.js';
import { insertAfter, insertBefore, replaceNode } from '../edits.js';
import { protocolFile, serverTest, testImports } from '../places.js';
import { fillIn, textBeside } from '../texts.js';

// Keyed by, or holding, the ids of requests that were sent.
const maps = { both: ['_responseHandlers', '_progressHandlers', '_timeoutInfo'], 'v1.x': ['_taskProgressTokens'], main: [] };

const setOfTimeouts = ['_setupTimeout', '_resetTimeout', '_cleanupTimeout'];

export const change: Change = {
    id: 'd',
    title: 'feat(core): requestIdPrefix, for request IDs that nodes of one session do not share',
    targets: ['main'],
    tests: branch => [
        {
            path: serverTest(branch, 'requestIdPrefix'),
            text: fillIn(textBeside(import.meta.url, 'test.txt'), { SERVER: testImports[branch].server, TYPES: typesOf[branch] })
        }
    ],
    changeset: { path: '.changeset/request-id-prefix.md', text: textBeside(import.meta.url, 'changeset.txt') },
    apply(clone) {
        const file = clone.source(protocolFile[clone.branch]);
        const protocol = () => classIn(file, 'Protocol');

        checkAbsent(file, 'option requestIdPrefix', node => Node.isPropertySignature(node) && node.getName() === 'requestIdPrefix');
        insertAfter(propertyOf(typeAliasIn(file, 'ProtocolOptions'), 'debouncedNotificationMethods'), option);

        for (const name of [...maps.both, ...maps[clone.branch]]) replaceNode(theNumber(propertyOf(protocol(), name)), 'RequestId');
        for (const name of setOfTimeouts) replaceNode(theNumber(messageIdOf(methodOf(protocol(), name))), 'RequestId');
        if (clone.branch === 'main') {
            const declaration = oneNode(protocol(), 'the variable cleanupMessageId', node => isVariable(node, 'cleanupMessageId'));
            replaceNode(theNumber(declaration), 'RequestId');
        }

        for (const name of ['_onprogress', '_onresponse']) {
            const conversion = oneNode(methodOf(protocol(), name), 'a conversion to a number', node => isCallOf(node, 'Number'));
            replaceNode(conversion.getFirstChildOrThrow(), 'this._messageIdOf');
        }

        const counting = oneNode(
            protocol(),
            'the count of requests',
            node => Node.isPostfixUnaryExpression(node) && node.getText().includes('_requestMessageId')
        );
        replaceNode(counting, 'this._nextMessageId()');

        insertBefore(methodOf(protocol(), '_setupTimeout'), members);
    }
};

const typesOf = { 'v1.x': '../../src/types.js', main: '@modelcontextprotocol/core-internal' };

const isVariable = (node: Node, name: string): boolean => Node.isVariableDeclaration(node) && node.getName() === name;

const theNumber = (node: Node): Node => oneNode(node, 'its type number', each => each.getKind() === SyntaxKind.NumberKeyword);

const messageIdOf = (method: Node): Node =>
    oneNode(method, 'its parameter messageId', node => Node.isParameterDeclaration(node) && node.getName() === 'messageId');

const option = `/**
 * Put before the number in the ID of each request that this side sends: IDs are then strings.
 * Set it on servers of which several serve one session, to a value that differs between them: a response that
 * reaches a server that did not send the request is then unknown to it, in place of answering a request of its own.
 *
 * If not set, IDs are numbers from 0 on.
 */
requestIdPrefix?: string;`;

const members = `private _nextMessageId(): RequestId {
    const prefix = this._options?.requestIdPrefix;
    const count = this._requestMessageId++;
    return prefix === undefined ? count : \`\${prefix}\${count}\`;
}

/** The ID of a request of ours, by the ID in a response or the token in progress. A number may come back as a string. */
private _messageIdOf(id: RequestId | undefined): RequestId {
    return this._options?.requestIdPrefix === undefined || id === undefined ? Number(id) : id;
}
`;
