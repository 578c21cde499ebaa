import type { SessionRecord } from './record.js';

/** One recovery that is under way, shared by all requests that wait for it. */
export class Recovery {
    /** The server's taking over of the session, as soon as one of the requests turned out to be the owner's. */
    restored: Promise<void> | undefined;
    /** Resolves when the last request has left, however it went. */
    readonly over: Promise<void>;
    private waiting = 0;
    private finish!: () => void;

    constructor(
        readonly sessionId: string,
        readonly record: Promise<SessionRecord | null>
    ) {
        this.over = new Promise(resolve => (this.finish = resolve));
    }

    /** Takes part in the recovery. With the last one that leaves it is over. */
    async share<T>(step: () => Promise<T>, onOver: () => void): Promise<T> {
        this.waiting++;
        try {
            return await step();
        } finally {
            if (--this.waiting === 0) {
                onOver();
                this.finish();
            }
        }
    }
}
