import { classIn, interfaceIn, methodOf, only, propertyOf } from '../anchors.js';
import type { Branch } from '../change.js';
import type { Clone } from '../clone.js';
import { insertAfter, insertBefore } from '../edits.js';
import { importType } from '../imports.js';

interface Places {
    readonly transport: string;
    readonly types: string;
    readonly server: string;
    readonly nodeTransport: string;
    readonly nodeClass: string;
}

const places: Readonly<Record<Branch, Places>> = {
    'v1.x': {
        transport: 'src/shared/transport.ts',
        types: '../types.js',
        server: 'src/server/index.ts',
        nodeTransport: 'src/server/streamableHttp.ts',
        nodeClass: 'StreamableHTTPServerTransport'
    },
    main: {
        transport: 'packages/core-internal/src/shared/transport.ts',
        types: '../types/index',
        server: 'packages/server/src/server/server.ts',
        nodeTransport: 'packages/middleware/node/src/streamableHttp.ts',
        nodeClass: 'NodeStreamableHTTPServerTransport'
    }
};

/** How a transport that restores a session tells the server on it. */
export function tellServerOfRestoredSessions(clone: Clone): void {
    addCallback(clone);
    listenInServer(clone);
    forwardFromNodeTransport(clone);
}

function addCallback(clone: Clone): void {
    const { transport, types } = places[clone.branch];
    const file = clone.source(transport);
    const callback = '(params: InitializeRequestParams) => void';
    insertAfter(
        propertyOf(interfaceIn(file, 'Transport'), 'onmessage'),
        `
/**
 * Callback for when the transport takes over a session that was initialized elsewhere, before the first message of
 * this session. It gets the \`params\` of the session's \`initialize\` request.
 */
onsessionrestored?: ${clone.branch === 'main' ? `(${callback}) | undefined` : callback};`
    );
    importType(file, types, 'InitializeRequestParams');
}

function listenInServer(clone: Clone): void {
    const file = clone.source(places[clone.branch].server);
    insertBefore(
        methodOf(classIn(file, 'Server'), 'restoreInitializeState'),
        `override async connect(transport: Transport): Promise<void> {
    transport.onsessionrestored = params => this.restoreInitializeState(params);
    await super.connect(transport);
}
`
    );
    if (clone.branch === 'main') {
        importType(file, '@modelcontextprotocol/core-internal', 'Transport');
        return;
    }
    const beside = only(
        file,
        "an import of RequestHandlerExtra from '../shared/protocol.js'",
        file.getImportDeclarations().filter(each => each.getNamedImports().some(name => name.getName() === 'RequestHandlerExtra'))
    );
    insertAfter(beside, "import { Transport } from '../shared/transport.js';");
}

function forwardFromNodeTransport(clone: Clone): void {
    const { nodeTransport, nodeClass } = places[clone.branch];
    const file = clone.source(nodeTransport);
    const owner = classIn(file, nodeClass);
    const beside = only(
        owner,
        'the getter onmessage',
        owner.getGetAccessors().filter(each => each.getName() === 'onmessage')
    );
    insertAfter(
        beside,
        `
/**
 * Sets callback for when the transport restores a session.
 */
set onsessionrestored(handler: Transport['onsessionrestored']) {
    this._webStandardTransport.onsessionrestored = handler;
}

get onsessionrestored(): Transport['onsessionrestored'] {
    return this._webStandardTransport.onsessionrestored;
}`
    );
}
