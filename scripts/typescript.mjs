// Lets Node 20 run the TypeScript of this repository:   node --import ./scripts/typescript.mjs file.ts

import { register } from 'node:module';

register('./typescriptHooks.mjs', import.meta.url);
