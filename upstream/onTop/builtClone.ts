import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a node needs of a clone that is built, as environment. */
export interface BuiltClone {
    readonly branch: 'v1.x' | 'main';
    readonly env: { readonly SERVER_MODULE: string; readonly TRANSPORT_MODULE: string; readonly TRANSPORT_CLASS: string };
}

const layouts = [
    {
        branch: 'v1.x',
        sources: 'src/server',
        server: 'dist/esm/server/mcp.js',
        transport: 'dist/esm/server/streamableHttp.js',
        transportClass: 'StreamableHTTPServerTransport',
        build: 'npm ci && npm run build'
    },
    {
        branch: 'main',
        sources: 'packages/server/src',
        server: 'packages/server/dist/index.mjs',
        transport: 'packages/middleware/node/dist/index.mjs',
        transportClass: 'NodeStreamableHTTPServerTransport',
        build: 'pnpm install && pnpm --filter @modelcontextprotocol/node... build'
    }
] as const;

/** @throws Error that says what is missing, and how to get it. */
export function builtClone(path: string): BuiltClone {
    const root = resolve(path);
    const layout = layouts.find(({ sources }) => existsSync(join(root, sources)));
    if (!layout) throw new Error(`${path} is no clone of modelcontextprotocol/typescript-sdk.`);
    const { branch, sources, server, transport, transportClass, build } = layout;
    if (!existsSync(join(root, sources, branch === 'main' ? 'server/sessionStore.ts' : 'sessionStore.ts'))) {
        throw new Error(`${path} does not have the change f: npm run upstream -- ${path} --change f`);
    }
    if (![server, transport].every(file => existsSync(join(root, file)))) throw new Error(`${path} is not built: ${build}`);
    const urlOf = (file: string) => pathToFileURL(join(root, file)).href;
    return { branch, env: { SERVER_MODULE: urlOf(server), TRANSPORT_MODULE: urlOf(transport), TRANSPORT_CLASS: transportClass } };
}
