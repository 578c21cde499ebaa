import type { SessionBackend } from '../ports/sessionBackend.js';
import { sealedLog } from './eventLog.js';
import { sealedBus } from './messageBus.js';
import { Sealer, type EncryptionOptions } from './sealer.js';
import { hashedLock } from './sessionLock.js';
import { sealedStore } from './sessionStore.js';

/**
 * The backend, with sessions, events and messages that only who has the keys can read or alter (AES-256-GCM). Works on any
 * backend; make one per process, like the backend itself.
 *
 * ```ts
 * const backend = encryptBackend(createRedisBackend({ redis }), {
 *     keys: [{ id: '2026-01', key: process.env.SESSION_KEY }],
 *     onerror: error => console.warn(error.message)
 * });
 * ```
 *
 * What cannot be decrypted counts as absent. What an older version of a record was put in place of the present one by who
 * can write the store, it cannot tell.
 *
 * @throws SessionError `CONFIGURATION` where a key cannot be used.
 */
export function encryptBackend(backend: SessionBackend, options: EncryptionOptions): SessionBackend {
    const sealer = new Sealer(options);
    return {
        sessionStore: sealedStore(backend.sessionStore, sealer),
        eventLog: sealedLog(backend.eventLog, sealer),
        messageBus: sealedBus(backend.messageBus, sealer),
        ...(backend.historyLog && { historyLog: sealedLog(backend.historyLog, sealer) }),
        sessionLock: sealer.writesPlain ? backend.sessionLock : hashedLock(backend.sessionLock),
        close: () => backend.close()
    };
}
