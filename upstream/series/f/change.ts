import { only } from '../anchors.js';
import type { Branch, Change } from '../change.js';
import type { Clone } from '../clone.js';
import { insertAfter, insertBefore } from '../edits.js';
import { importType } from '../imports.js';
import { serverTest, testImports } from '../places.js';
import { fillIn, textBeside } from '../texts.js';
import { tellServerOfRestoredSessions } from './server.js';
import { keepSessionsInStore } from './transport.js';

const text = (name: string): string => textBeside(import.meta.url, name);

const storeFile: Readonly<Record<Branch, string>> = {
    'v1.x': 'src/server/sessionStore.ts',
    main: 'packages/server/src/server/sessionStore.ts'
};

const nodeTest: Readonly<Record<Branch, { path: string; values: Record<'IMPORTS' | 'TRANSPORT', string> }>> = {
    'v1.x': {
        path: 'test/server/nodeSessionStore.test.ts',
        values: {
            TRANSPORT: 'StreamableHTTPServerTransport',
            IMPORTS: `import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { McpServer } from '../../src/server/mcp.js';
import type { SessionData, SessionStore } from '../../src/server/sessionStore.js';
import { StreamableHTTPServerTransport } from '../../src/server/streamableHttp.js';
import { listenOnRandomPort } from '../helpers/http.js';`
        }
    },
    main: {
        path: 'packages/middleware/node/test/sessionStore.test.ts',
        values: {
            TRANSPORT: 'NodeStreamableHTTPServerTransport',
            IMPORTS: `import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';

import type { SessionData, SessionStore } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/server';
import { listenOnRandomPort } from '@modelcontextprotocol/test-helpers';
import { afterEach, expect, it } from 'vitest';

import { NodeStreamableHTTPServerTransport } from '../src/streamableHttp';`
        }
    }
};

/** The store seam: sessions that all nodes share, behind an interface and without a driver. */
export const change: Change = {
    id: 'f',
    title: 'feat(server): keep sessions in a store that all nodes share',
    targets: ['main'],
    builtOn: 'e',
    limit: false,
    tests: branch => [
        { path: serverTest(branch, 'sessionStore'), text: fillIn(text('test.txt'), { IMPORTS: importsOf(branch) }) },
        { path: nodeTest[branch].path, text: fillIn(text('nodeTest.txt'), nodeTest[branch].values) }
    ],
    changeset: { path: '.changeset/session-store.md', text: text('changeset.md') },
    apply(clone) {
        clone.add(storeFile[clone.branch], text('sessionStore.txt'));
        keepSessionsInStore(clone);
        tellServerOfRestoredSessions(clone);
        if (clone.branch === 'main') {
            exportTypes(clone);
            describe(clone);
        }
    }
};

function importsOf(branch: Branch): string {
    const { mcpServer, transport } = testImports[branch];
    const isMain = branch === 'main';
    const imports = [
        `import { McpServer } from '${mcpServer}';`,
        `import type { SessionData, SessionStore } from '${transport.replace(/\w+(?=(\.js)?$)/, 'sessionStore')}';`,
        `import { WebStandardStreamableHTTPServerTransport } from '${transport}';`
    ];
    return [`import { randomUUID } from 'node:crypto';`, ...(isMain ? [''] : []), ...imports].join('\n');
}

function exportTypes(clone: Clone): void {
    const index = clone.source('packages/server/src/index.ts');
    const beside = only(
        index,
        "an export of types from './server/streamableHttp'",
        index.getExportDeclarations().filter(each => each.getModuleSpecifierValue() === './server/streamableHttp' && each.isTypeOnly())
    );
    insertBefore(beside, "export type { SessionData, SessionStore } from './server/sessionStore';");
}

/** A section on external mode, on the page on scaling; its code stands in the page's example. */
function describe(clone: Clone): void {
    clone.insertBelowHeading('docs/serving/sessions-state-scaling.md', 'Scale across nodes', text('page.md'));
    const example = clone.source('examples/guides/serving/sessions-state-scaling.examples.ts');
    importType(example, '@modelcontextprotocol/server', 'SessionStore');
    insertAfter(
        only(
            example,
            'the statement void multiNode_restore',
            example.getStatements().filter(statement => statement.getText() === 'void multiNode_restore;')
        ),
        text('example.txt').trimEnd()
    );
}
