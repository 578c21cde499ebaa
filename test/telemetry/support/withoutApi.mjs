// Has Node find no @opentelemetry/api, as where it is not installed:
//     node --import ./test/telemetry/support/withoutApi.mjs file.ts

import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// The hooks run in a thread of their own.
if (isMainThread) register(import.meta.url);

export async function resolve(specifier, context, nextResolve) {
    if (!specifier.startsWith('@opentelemetry/')) return nextResolve(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
}
