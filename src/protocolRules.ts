/**
 * What the transport must know of the protocol, given by whoever mounts it: the fork passes the SDK's own values, so
 * that the two cannot drift apart.
 */
export interface ProtocolRules {
    /** Values of `MCP-Protocol-Version` that are served, newest first. */
    readonly supportedProtocolVersions: readonly string[];
    /** The version of a request that does not say one and belongs to no known session. */
    readonly defaultProtocolVersion: string;
    /** Whether a message is a well-formed `initialize` request. */
    isInitializeRequest(this: void, message: unknown): boolean;
}

/** The rules of MCP up to 2025-11-25, for use without an SDK. */
export const defaultProtocolRules: ProtocolRules = {
    supportedProtocolVersions: ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'],
    defaultProtocolVersion: '2025-03-26',
    isInitializeRequest(message) {
        const { method, params } = message as { method?: unknown; params?: Record<string, unknown> };
        const info = params?.['clientInfo'] as Record<string, unknown> | undefined;
        return (
            method === 'initialize' &&
            typeof params?.['protocolVersion'] === 'string' &&
            typeof params['capabilities'] === 'object' &&
            params['capabilities'] !== null &&
            typeof info?.['name'] === 'string' &&
            typeof info['version'] === 'string'
        );
    }
};

/**
 * First version whose clients understand an event without data (a priming event), and so can resume a stream that was
 * closed before anything was sent. https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
export const firstResumableVersion = '2025-11-25';
