// What differs by branch, for all changes.

import type { Branch } from './change.js';

/** The Streamable HTTP transport. */
export const transportFile: Readonly<Record<Branch, string>> = {
    'v1.x': 'src/server/webStandardStreamableHttp.ts',
    main: 'packages/server/src/server/streamableHttp.ts'
};

/** The class in it. */
export const transportClass = 'WebStandardStreamableHTTPServerTransport';

/** What client and server are built on. */
export const protocolFile: Readonly<Record<Branch, string>> = {
    'v1.x': 'src/shared/protocol.ts',
    main: 'packages/core-internal/src/shared/protocol.ts'
};

/** A JSON-RPC error code as it is written there. */
export const codeLiteral = (branch: Branch, code: number): string =>
    branch === 'main' ? String(code).replace(/(?<=\d)(?=(\d{3})+$)/g, '_') : String(code);

/** What the tests import, by the folder that they are in: three levels deep on both branches. */
export const testImports: Readonly<Record<Branch, { readonly transport: string; readonly server: string; readonly mcpServer: string }>> = {
    'v1.x': {
        transport: '../../src/server/webStandardStreamableHttp.js',
        server: '../../src/server/index.js',
        mcpServer: '../../src/server/mcp.js'
    },
    main: { transport: '../../src/server/streamableHttp', server: '../../src/server/server', mcpServer: '../../src/server/mcp' }
};

/** A test of the transport or the server. */
export const serverTest = (branch: Branch, name: string): string =>
    `${branch === 'main' ? 'packages/server/' : ''}test/server/${name}.test.ts`;
