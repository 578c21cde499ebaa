import { publish } from './diagnostics.js';
import { SessionError, isSessionError, toError } from './errors.js';
import { installed } from './telemetry/installed.js';
import type { BackendPart } from './telemetry/instrumentation.js';
import { later } from './timers.js';

/**
 * What a store, a log or a bus answers, if it does so in time. Rejects with `STORE_UNAVAILABLE` when it fails or takes
 * longer; what it answers later is ignored.
 *
 * @param start may throw where it should reject.
 * @param part what is asked, for who measures it.
 */
export function withinDeadline<T>(timeoutMs: number, start: () => Promise<T>, part: BackendPart = 'store'): Promise<T> {
    const began = performance.now();
    return new Promise<T>((resolve, reject) => {
        let isOver = false;
        const fail = (error: SessionError, reason: string, failure = reason): void => {
            if (!isOver) {
                isOver = true;
                const durationMs = performance.now() - began;
                installed.instrumentation?.called(part, durationMs, failure);
                publish('store-down', () => ({ durationMs, reason }));
                reject(error);
            }
        };
        const timer = later(() => {
            const cause = new Error(`No answer within ${timeoutMs} ms`);
            fail(unavailable(cause), cause.message, 'timeout');
        }, timeoutMs);
        const call = new Promise<T>(settle => settle(start()));
        call.then(
            value => {
                clearTimeout(timer);
                const durationMs = performance.now() - began;
                if (!isOver) {
                    installed.instrumentation?.called(part, durationMs);
                    if (durationMs > timeoutMs / 2) {
                        publish('store-slow', () => ({ durationMs }));
                    }
                }
                resolve(value);
            },
            (cause: unknown) => {
                clearTimeout(timer);
                if (isSessionError(cause) && !isForeignOutage(cause)) {
                    if (!isOver) {
                        isOver = true;
                        installed.instrumentation?.called(part, performance.now() - began);
                    }
                    reject(cause);
                } else {
                    // The message of a driver may say what was to be stored, or where.
                    fail(unavailable(cause), codeOf(cause));
                }
            }
        );
    });
}

const outage = 'The session store failed; clients are answered 503 until it is back';

/** The one error of an outage, whatever the driver said: its message may reach a client in the error of a tool. */
export function unavailable(cause: unknown): SessionError {
    return new SessionError('STORE_UNAVAILABLE', outage, { cause: withoutData(cause) });
}

/** An adapter's own error of an outage, which may say more than a client is to know. */
function isForeignOutage({ code, message }: SessionError): boolean {
    return code === 'STORE_UNAVAILABLE' && message !== outage;
}

/** A driver's error may carry the command that failed, and so what was to be stored. This keeps what names the fault. */
function withoutData(cause: unknown): Error {
    const { name, message, code, stack } = toError(cause) as Error & { code?: unknown };
    const plain = new Error(message);
    return Object.assign(plain, { name, stack, ...(typeof code === 'string' && { code }) });
}

/** What a driver calls the failure. */
function codeOf(cause: unknown): string {
    const { name, code } = toError(cause) as Error & { code?: unknown };
    return typeof code === 'string' ? code : name;
}
