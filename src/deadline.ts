import { SessionError, isSessionError, toError } from './errors.js';
import { later } from './timers.js';

/**
 * What a store, a log or a bus answers, if it does so in time. Rejects with `STORE_UNAVAILABLE` when it fails or takes
 * longer; what it answers later is ignored.
 *
 * @param start may throw where it should reject.
 */
export function withinDeadline<T>(timeoutMs: number, start: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
        const timer = later(() => reject(unavailable(new Error(`No answer within ${timeoutMs} ms`))), timeoutMs);
        const call = new Promise<T>(settle => settle(start()));
        call.then(
            value => {
                clearTimeout(timer);
                resolve(value);
            },
            (cause: unknown) => {
                clearTimeout(timer);
                reject(isSessionError(cause) && !isForeignOutage(cause) ? cause : unavailable(cause));
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
