let packageOfClone = '';

export function initialize(url) {
    packageOfClone = url;
}

/** Our imports of the SDK's packages are resolved as if they stood in the clone's package; all else is left as it is. */
export async function resolve(specifier, context, nextResolve) {
    const isOurs = /\/upstream\/evidence\/node\/sdk\d\.ts$/.test(context.parentURL ?? '');
    if (!isOurs || !specifier.startsWith('@modelcontextprotocol/')) return nextResolve(specifier, context);
    return nextResolve(specifier, { ...context, parentURL: packageOfClone });
}
