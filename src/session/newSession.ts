import { SessionError } from '../errors.js';
import type { SessionRecord } from './record.js';
import { isValidSessionId } from './sessionId.js';
import type { StoreAccess } from './storeAccess.js';

/** @throws SessionError `INVALID_SESSION_ID` where the application makes none that can be one. */
export function newSessionId(generate: () => string): string {
    const sessionId = generate();
    if (!isValidSessionId(sessionId)) {
        throw new SessionError(
            'INVALID_SESSION_ID',
            'sessionIdGenerator must return 1 to 1024 visible ASCII characters (0x21 to 0x7E), for example randomUUID()'
        );
    }
    return sessionId;
}

/** Rejects with `INVALID_SESSION_ID` where there is such a session already, and with `TOO_MANY_SESSIONS` at the cap. */
export async function storeNew(access: StoreAccess, record: SessionRecord): Promise<void> {
    switch (await access.create(record)) {
        case 'taken':
            throw new SessionError('INVALID_SESSION_ID', 'sessionIdGenerator returned the id of a session that exists');
        case 'full':
            throw new SessionError('TOO_MANY_SESSIONS', 'The session store holds as many sessions as it may');
    }
}
