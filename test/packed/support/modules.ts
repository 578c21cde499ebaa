import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from './scratch.js';

/** The folder of the official package, from which the fork is built. */
export const baseFolder = join(workspace, 'node_modules/@modelcontextprotocol/sdk');

/** Every module of the base by its path under `dist/esm`, such as `server/mcp.js`. */
export const baseModules = readdirSync(join(baseFolder, 'dist/esm'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.js'))
    .sort();

const harmlessExamples = [
    'examples/client/simpleOAuthClientProvider.js',
    'examples/server/demoInMemoryOAuthProvider.js',
    'examples/shared/inMemoryEventStore.js'
];

/** Modules that only resolve in these tests: importing one starts a server, or a client that connects to one. */
export const startingModules = baseModules.filter(name => name.startsWith('examples/') && !harmlessExamples.includes(name));

/** Modules that these tests import. */
export const loadableModules = baseModules.filter(name => !startingModules.includes(name));

/** The module that has no counterpart in the base's `dist`: the base's own `exports` names a file that it does not ship. */
export const danglingEntries = ['.'];
