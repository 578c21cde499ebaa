import { isSessionError, type SessionErrorCode } from '../errors.js';
import type { Refusal } from './sessionGate.js';

const refusals: Partial<Record<SessionErrorCode, Refusal>> = {
    STORE_UNAVAILABLE: 'unavailable',
    RECORD_TOO_LARGE: 'recordTooLarge',
    TOO_MANY_SESSIONS: 'tooManySessions'
};

/** What a client is told of an error; undefined where that is nobody's business. */
export function refusalFor(error: unknown): Refusal | undefined {
    return isSessionError(error) ? refusals[error.code] : undefined;
}
