// Has Node take this repository's packages from their sources, so that a process of a test needs no build:
//     node --import ./scripts/typescript.mjs --import ./test/support/onSources.mjs file.ts

import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// The hooks run in a thread of their own.
if (isMainThread) register(import.meta.url);

const root = new URL('../../', import.meta.url);

export async function resolve(specifier, context, nextResolve) {
    const [, name, subpath] = /^@mcp-sessions\/(\w+)(?:\/(\w+))?$/.exec(specifier) ?? [];
    if (name === undefined) return nextResolve(specifier, context);
    const folder = name === 'core' ? 'src' : `packages/${name}/src`;
    return nextResolve(new URL(`${folder}/${subpath ? `${subpath}/` : ''}index.ts`, root).href, context);
}
