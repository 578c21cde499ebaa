const WITH_GLOB_SYNC = `
export * from 'node:fs';
export { default } from 'node:fs';
export function globSync() {
    throw new Error('This version of Node has no fs.globSync.');
}
`;

const url = `data:text/javascript,${encodeURIComponent(WITH_GLOB_SYNC)}`;

export async function resolve(specifier, context, nextResolve) {
    const isSuite = context.parentURL?.includes('/@modelcontextprotocol/conformance/') ?? false;
    return isSuite && /^(node:)?fs$/.test(specifier) ? { url, shortCircuit: true } : nextResolve(specifier, context);
}
