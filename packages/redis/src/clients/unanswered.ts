import { every, SessionError } from '@mcp-sessions/core';

/** How often it is looked whether an answer came, in milliseconds. */
const lookMs = 100;

/** At so many looks in a row without an answer the server is asked nothing more. */
const mostQuietLooks = 10;

/** At so many, calls are let through again, should something that was asked never be settled. */
const probeLooks = 300;

/**
 * One server, while calls to it are under way. Looks are counted rather than time, since a process that stands still reads no
 * answers: between two looks it has read what there is.
 */
class Place {
    private asked = 0;
    /** Answers come in the order of the calls: none that was made before this one is waited for. */
    private answered = 0;
    private hasAnswered = true;
    private quietLooks = 0;
    private timer: ReturnType<typeof every> | undefined;

    get isSilent(): boolean {
        return this.quietLooks >= mostQuietLooks;
    }

    async wait<T>(call: () => Promise<T>): Promise<T> {
        const number = ++this.asked;
        this.timer ??= every(() => this.look(), lookMs);
        try {
            return await call();
        } finally {
            this.answered = Math.max(this.answered, number);
            this.hasAnswered = true;
            this.quietLooks = 0;
        }
    }

    private look(): void {
        const isWaiting = this.answered < this.asked;
        if (!isWaiting) {
            clearInterval(this.timer);
            this.timer = undefined;
        }
        this.quietLooks = !isWaiting || this.hasAnswered || this.quietLooks === probeLooks ? 0 : this.quietLooks + 1;
        this.hasAnswered = false;
    }
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
    ask<T>(server: string, call: () => Promise<T>): Promise<T> {
        const place = this.places.get(server) ?? new Place();
        this.places.set(server, place);
        return place.isSilent ? Promise.reject(silent()) : place.wait(call);
    }
}

function silent(): SessionError {
    return new SessionError('STORE_UNAVAILABLE', 'Redis answers nothing: until it does, or its connection was made anew, it is not asked');
}
