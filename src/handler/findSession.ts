import type { SessionData, SessionStore } from '../ports/sessionStore.js';

/** What is known of a session that there is. */
export type FoundSession = Pick<SessionData, 'principal'>;

/** Whether there is a session, in one call; with whom it belongs to only where that is wanted. */
export async function findSession(store: SessionStore, sessionId: string, wantsPrincipal: boolean): Promise<FoundSession | undefined> {
    if (wantsPrincipal) {
        return (await store.getSession(sessionId)) ?? undefined;
    }
    return (await store.sessionExists(sessionId)) ? {} : undefined;
}
