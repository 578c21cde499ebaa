/** What decides which notices a session is told. */
export interface Audience {
    /** How far it has been told; undefined: from the very beginning. */
    readonly noticed: string | undefined;
    readonly subscriptions: readonly string[];
    /** What its server has said that it can do. */
    readonly capabilities: Readonly<Record<string, unknown>> | undefined;
}

/** What a server says in its answer to `initialize`. */
export function capabilitiesIn(result: Readonly<Record<string, unknown>>): Audience['capabilities'] {
    const { capabilities } = result;
    return typeof capabilities === 'object' && capabilities !== null ? (capabilities as Record<string, unknown>) : undefined;
}
