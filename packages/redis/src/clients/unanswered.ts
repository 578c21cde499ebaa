import { SessionError } from '@mcp-sessions/core';

/** For how long a server may answer nothing of what it was asked; then it is asked nothing more. */
const patienceMs = 1000;

/** So often calls are let through all the same, should something that was asked never be settled. */
const probeMs = 30_000;

interface Place {
    /** Calls that are under way. */
    due: number;
    /** When the first of them began, or the last one was answered; by `performance.now()`. */
    quietSince: number;
}

/** One for each client: whoever uses it writes to the same connections. */
const known = new WeakMap<object, Unanswered>();

/**
 * Refuses calls to a server that answers nothing. For node-redis, whose `socketTimeout` begins anew with all that is written:
 * under load a connection that leads nowhere is kept until the system gives it up. While nothing is written to it, it is made
 * anew in time. And while there is no connection, what waits for one is no more than came in a second.
 */
export class Unanswered {
    private readonly places = new Map<string, Place>();

    static of(client: object): Unanswered {
        const calls = known.get(client) ?? new Unanswered();
        known.set(client, calls);
        return calls;
    }

    /** @throws SessionError `STORE_UNAVAILABLE` while the server answers nothing. */
    async ask<T>(server: string, call: () => Promise<T>): Promise<T> {
        if (this.isSilent(server)) {
            // After this process stood still, answers that have come are read before anything else.
            await new Promise(resolve => setTimeout(resolve, 0));
            if (this.isSilent(server)) {
                throw new SessionError(
                    'STORE_UNAVAILABLE',
                    'Redis answers nothing: until it does, or its connection was made anew, it is not asked'
                );
            }
        }
        const place = this.places.get(server) ?? { due: 0, quietSince: 0 };
        this.places.set(server, place);
        if (place.due++ === 0) {
            place.quietSince = performance.now();
        }
        try {
            return await call();
        } finally {
            place.quietSince = performance.now();
            if (--place.due === 0) {
                this.places.delete(server);
            }
        }
    }

    private isSilent(server: string): boolean {
        const place = this.places.get(server);
        if (!place) {
            return false;
        }
        const quietMs = performance.now() - place.quietSince;
        if (quietMs > probeMs) {
            place.quietSince = performance.now();
            return false;
        }
        return quietMs > patienceMs;
    }
}
