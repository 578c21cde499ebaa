import { isSessionError, type SessionStore } from '@mcp-sessions/core';
import type { OutageReport } from './outageReport.js';

/** A store whose outages are said, where its client has no connection that could tell. */
export function watchedStore(store: SessionStore, report: OutageReport): SessionStore {
    const watched =
        <A extends unknown[], T>(method: (...args: A) => Promise<T>) =>
        async (...args: A): Promise<T> => {
            try {
                const result = await method.apply(store, args);
                report.ready();
                return result;
            } catch (error) {
                if (isOutage(error)) {
                    report.failed(error);
                }
                throw error;
            }
        };
    const { getAndTouchSession, createSession, updateSession, listSessions, ttlMs, close } = store;
    return {
        storeSession: watched(store.storeSession),
        getSession: watched(store.getSession),
        updateSessionActivity: watched(store.updateSessionActivity),
        deleteSession: watched(store.deleteSession),
        sessionExists: watched(store.sessionExists),
        ...(getAndTouchSession && { getAndTouchSession: watched(getAndTouchSession) }),
        ...(createSession && { createSession: watched(createSession) }),
        ...(updateSession && { updateSession: watched(updateSession) }),
        ...(listSessions && { listSessions: watched(listSessions) }),
        ...(ttlMs !== undefined && { ttlMs }),
        ...(close && { close: () => close.call(store) })
    };
}

/** Not what was asked in a wrong way. */
function isOutage(error: unknown): error is Error {
    return isSessionError(error)
        ? error.code === 'STORE_UNAVAILABLE'
        : error instanceof Error && !(error instanceof RangeError || error instanceof TypeError);
}
