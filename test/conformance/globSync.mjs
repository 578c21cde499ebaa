// Lets Node 20 run the command line of the conformance suite:   node --import ./globSync.mjs …
// It imports `globSync`, which came with Node 22, for commands other than the ones that the tests use.

import fs from 'node:fs';
import { register } from 'node:module';

if (!('globSync' in fs)) register('./globSyncHooks.mjs', import.meta.url);
