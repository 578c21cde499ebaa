/**
 * What stands before an address in the name of a channel:
 *
 *     mcp:session:bus:0:nodes
 *
 * Redis keeps neither databases nor a client's `keyPrefix` apart in channels, so both are part of the name.
 */
export function channelPrefix(clientPrefix: string, keyPrefix: string, database: number): string {
    return `${clientPrefix}${keyPrefix}bus:${database}:`;
}

/** Redis knows sharded channels since version 7. */
export function isUnknownCommand(error: unknown): boolean {
    return error instanceof Error && /^ERR unknown command/i.test(error.message);
}

/** In a cluster, by a server that does not serve the slot, or not now. */
export function isRedirection(error: Error): boolean {
    return /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(error.message);
}
