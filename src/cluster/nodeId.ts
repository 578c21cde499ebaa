/** Bytes of chance in a node id. */
const idBytes = 9;

/** A name for this process that no other process has: 12 characters of base64url. */
export function newNodeId(): string {
    return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(idBytes))))
        .replaceAll('+', '-')
        .replaceAll('/', '_');
}

/** Whether this has the form of a {@link newNodeId}. */
export function isNodeId(value: unknown): value is string {
    return typeof value === 'string' && /^[\w-]{12}$/.test(value);
}

/** An id that names the node that made it: `<node>.<count>`. */
export function routedId(nodeId: string, count: number): string {
    return `${nodeId}.${count}`;
}

/** The node that made a {@link routedId}, or undefined for an id of any other form. */
export function nodeOf(id: unknown): string | undefined {
    return typeof id === 'string' ? /^([\w-]{12})\.\d{1,16}$/.exec(id)?.[1] : undefined;
}
