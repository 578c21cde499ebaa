/** What the client of every situation says of itself in `initialize`; a node that restores its session could have stored it. */
export function initializeParams(protocolVersion: string) {
    return { protocolVersion, capabilities: { elicitation: { form: {} } }, clientInfo: { name: 'client', version: '1.0.0' } } as const;
}
