import { readFileSync } from 'node:fs';
import type { Branch } from '../../../upstream/series/change.js';
import { transportFile } from '../../../upstream/series/places.js';
import { fillIn } from '../../../upstream/series/texts.js';

const source = (name: string): string => readFileSync(new URL(`sources/${name}.txt`, import.meta.url), 'utf8');

const protocol = `export class Protocol {
    async connect(transport: { isStarted?: boolean }): Promise<void> {
        transport.isStarted = true;
    }
}
`;

const types = `export interface InitializeRequest {
    params: { clientInfo: { name: string }; protocolVersion: string; capabilities: object };
}

export const InitializeRequestParamsSchema = {
    parse(params: InitializeRequest['params']) {
        if (params.clientInfo === undefined) throw new Error('no params of initialize');
        return { ...params, clientInfo: { ...params.clientInfo, isParsed: true } };
    }
};
`;

const transportOf = (module: string) => `import type { InitializeRequest } from '${module}';

/** What carries messages. */
export interface Transport {
    onmessage?: (message: unknown) => void;
    sessionId?: string;
}
`;

const nodeTransport = (name: string, module: string) => `import type { Transport } from '${module}';

export class ${name} {
    _webStandardTransport: Transport = {};

    get onmessage(): Transport['onmessage'] {
        return this._webStandardTransport.onmessage;
    }
}
`;

const files: Readonly<Record<Branch, Readonly<Record<string, string>>>> = {
    'v1.x': {
        [transportFile['v1.x']]: fillIn(source('seamTransport'), { EXTENSION: '.js', TRANSPORT: '../shared/transport.js' }),
        'src/server/index.ts': fillIn(source('seamServer'), {
            IMPORTS: `import { Protocol } from '../shared/protocol.js';
import type { InitializeRequest } from '../types.js';
import { InitializeResult } from '../types.js';
import type { RequestHandlerExtra } from '../shared/protocol.js';`
        }),
        'src/server/streamableHttp.ts': nodeTransport('StreamableHTTPServerTransport', '../shared/transport.js'),
        'src/shared/protocol.ts': protocol,
        'src/shared/transport.ts': transportOf('../types.js'),
        'src/types.ts': types
    },
    main: {
        [transportFile.main]: fillIn(source('seamTransport'), { EXTENSION: '', TRANSPORT: '@modelcontextprotocol/core-internal' }),
        'packages/server/src/server/server.ts': fillIn(source('seamServer'), {
            IMPORTS: `import type { InitializeRequest } from '@modelcontextprotocol/core-internal';
import { Protocol } from '@modelcontextprotocol/core-internal';`
        }),
        'packages/server/src/index.ts': "export type { StreamId } from './server/streamableHttp';\n",
        'packages/middleware/node/src/streamableHttp.ts': nodeTransport(
            'NodeStreamableHTTPServerTransport',
            '@modelcontextprotocol/core-internal'
        ),
        'packages/core-internal/src/shared/transport.ts': transportOf('../types/index'),
        'packages/server/node_modules/@modelcontextprotocol/core-internal/index.ts': `${types}\n${protocol}`,
        'docs/serving/sessions-state-scaling.md': `# Sessions

## Scale across nodes

Nodes scale in two ways. **Persistent storage** is one.

Something else.

## Recap

The end.
`,
        'examples/guides/serving/sessions-state-scaling.examples.ts': `import type { EventStore, ServerEventBus } from '@modelcontextprotocol/server';

function resumability_eventStore(eventStore: EventStore) {
    return eventStore;
}
void resumability_eventStore;

function multiNode_bus(bus: ServerEventBus) {
    return bus;
}
void multiNode_bus;
`
    }
};

/** What the files of a branch are, as far as the changes e and f look at them: our own text. */
export const seamFilesOf = (branch: Branch): Readonly<Record<string, string>> => files[branch];

/** Where the server is. */
export const serverFile: Readonly<Record<Branch, string>> = {
    'v1.x': 'src/server/index.ts',
    main: 'packages/server/src/server/server.ts'
};
