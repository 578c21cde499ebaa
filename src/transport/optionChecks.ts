import { SessionError } from '../errors.js';
import { historyLogOf } from '../history/historyRecorder.js';
import type { SessionStorageMode, StreamableHttpOptions } from './options.js';

const defaultStoreTimeoutMs = 1000;

/** Where the session lives by these options. Throws where they contradict each other. */
export function storageMode({ sessionIdGenerator, sessionStorageMode, sessionStore }: StreamableHttpOptions): SessionStorageMode {
    switch (sessionStorageMode) {
        case undefined:
            return sessionStore && sessionIdGenerator ? 'external' : 'memory';
        case 'memory':
            return 'memory';
        case 'external':
            if (!sessionStore) {
                throw new SessionError(
                    'CONFIGURATION',
                    "sessionStorageMode 'external' needs a sessionStore, for example new RedisSessionStore({ redis })"
                );
            }
            if (!sessionIdGenerator) {
                throw new SessionError(
                    'CONFIGURATION',
                    "sessionStorageMode 'external' needs a sessionIdGenerator, for example () => randomUUID()"
                );
            }
            return 'external';
        default:
            throw new SessionError('CONFIGURATION', "sessionStorageMode must be 'memory' or 'external'");
    }
}

/** Throws where what makes streams resumable contradicts itself. */
export function checkStreamOptions(options: StreamableHttpOptions): void {
    const { eventStore, eventLog, messageBus, standaloneStream, sessionIdGenerator, sessionStore, sessionStorageMode } = options;
    if (
        (eventLog ?? messageBus ?? historyLogOf(options) ?? (options.history || undefined)) &&
        sessionIdGenerator &&
        !sessionStore &&
        sessionStorageMode !== 'memory'
    ) {
        throw new SessionError(
            'CONFIGURATION',
            'eventLog, messageBus and history need a sessionStore; for example ...createRedisBackend({ redis })'
        );
    }
    if (eventLog && eventStore) {
        throw new SessionError(
            'CONFIGURATION',
            'Give eventLog or eventStore, not both: an eventLog makes streams resumable on every node, an eventStore on one'
        );
    }
    if (eventLog && !messageBus) {
        throw new SessionError(
            'CONFIGURATION',
            'eventLog needs a messageBus, by which nodes tell each other what is new; for example ...createRedisBackend({ redis })'
        );
    }
    if (standaloneStream !== undefined && standaloneStream !== 'takeover' && standaloneStream !== 'reject') {
        throw new SessionError('CONFIGURATION', "standaloneStream must be 'takeover' or 'reject'");
    }
}

/** A size in bytes, or its default. */
export function positiveBytes(option: string, value: number | undefined, byDefault: number): number {
    return checked(option, 'a positive number of bytes', value, byDefault, value => value > 0);
}

/** A duration of zero or more, or its default. */
export function milliseconds(option: string, value: number | undefined, byDefault: number): number {
    return checked(option, 'a number of milliseconds, 0 or more', value, byDefault, value => value >= 0);
}

/** How long one call of the store may take, in milliseconds. */
export function storeTimeoutMs(options: StreamableHttpOptions): number {
    return timeoutMs('storeTimeoutMs', options.storeTimeoutMs, defaultStoreTimeoutMs);
}

/** How long a timer may run, or its default. */
function timeoutMs(option: string, value: number | undefined, byDefault: number): number {
    return checked(option, 'a number of milliseconds from 1 to 2147483647', value, byDefault, value => value >= 1 && value < 2 ** 31);
}

function checked(option: string, what: string, value: number | undefined, byDefault: number, valid: (value: number) => boolean): number {
    if (value === undefined) {
        return byDefault;
    }
    if (typeof value !== 'number' || !Number.isFinite(value) || !valid(value)) {
        throw new RangeError(`${option} must be ${what}, got ${String(value)}`);
    }
    return value;
}
