import { randomUUID } from 'node:crypto';
import { openStorage } from './storage.mjs';

const OUR_BUILD = new URL('../../packages/sdk/dist/esm/', import.meta.url);

/** How a module of each package is loaded. */
const LOADERS = {
    official: path => import(`@modelcontextprotocol/sdk/${path}`),
    ours: path => import(new URL(path, OUR_BUILD).href)
};

/**
 * The server class and a factory of transports of one implementation.
 *
 * @param {import('../plan.mjs').ServerSpec} spec
 */
export async function loadImplementation(spec) {
    const load = LOADERS[spec.package];
    const { McpServer } = await load('server/mcp.js');
    const { StreamableHTTPServerTransport } = await load('server/streamableHttp.js');
    const { storage, storeCalls } = spec.store === undefined ? {} : await openStorage(spec.store, load);
    const createTransport = callbacks =>
        new StreamableHTTPServerTransport({
            sessionIdGenerator: () => randomUUID(),
            enableJsonResponse: spec.json,
            ...storage,
            ...callbacks
        });
    if (spec.store !== undefined && !createTransport({}).isUsingExternalSessionStore)
        throw new Error('The transport does not use its store');
    return { McpServer, createTransport, storeCalls };
}

/**
 * The server class and a factory of handlers of the fork.
 *
 * @param {import('../plan.mjs').ServerSpec} spec
 */
export async function loadHandler(spec) {
    const load = LOADERS[spec.package];
    const { McpServer } = await load('server/mcp.js');
    const { createSessionHandler } = await load('server/index.js');
    const { backend, storeCalls } = await openStorage(spec.store, load);
    const { revalidateMs } = spec.store;
    const options = { backend, revalidateMs, enableJsonResponse: spec.json, ...spec.handler };
    const createHandler = factory => createSessionHandler(factory, options);
    return { McpServer, createHandler, storeCalls };
}
