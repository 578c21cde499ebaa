import { DEFAULT_NEGOTIATED_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS, isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import type { ProtocolRules } from '@mcp-sessions/core';

/** What the transports of this package accept: the protocol versions and the `initialize` of the SDK they ship with. */
export const sdkProtocolRules: ProtocolRules = {
    supportedProtocolVersions: SUPPORTED_PROTOCOL_VERSIONS,
    defaultProtocolVersion: DEFAULT_NEGOTIATED_PROTOCOL_VERSION,
    isInitializeRequest
};
