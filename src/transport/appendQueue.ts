import type { EventLog, NewEvent } from '../ports/eventLog.js';

/** Events that are written in one call at most. */
const maxBatch = 100;

interface Waiting {
    readonly event: NewEvent;
    resolve(position: string | null): void;
    reject(error: unknown): void;
}

/**
 * Appends one session's events in the order in which they were sent, whatever the log does with calls that are made at
 * the same time. What comes while a call is under way shares the next one.
 */
export class AppendQueue {
    private waiting: Waiting[] = [];
    private isWriting = false;
    private last: Promise<unknown> = Promise.resolve();

    constructor(private readonly write: (events: readonly NewEvent[]) => ReturnType<EventLog['append']>) {}

    /** Resolves with the event's position, or null where it was not to be appended. Resolved in the order of the calls. */
    add(event: NewEvent): Promise<string | null> {
        const added = new Promise<string | null>((resolve, reject) => {
            this.waiting.push({ event, resolve, reject });
            if (!this.isWriting) {
                void this.writeAll();
            }
        });
        this.last = added.catch(() => undefined);
        return added;
    }

    /** Resolves when what was added before has been written, or has failed. */
    async settled(): Promise<void> {
        await this.last;
    }

    private async writeAll(): Promise<void> {
        this.isWriting = true;
        while (this.waiting.length > 0) {
            const batch = this.waiting.splice(0, maxBatch);
            try {
                const positions = await this.write(batch.map(({ event }) => event));
                if (positions.length !== batch.length) {
                    throw new TypeError(`The event log answered ${batch.length} events with ${positions.length} positions`);
                }
                batch.forEach(({ resolve }, index) => resolve(positions[index] ?? null));
            } catch (error) {
                this.fail(batch, error);
            }
        }
        this.isWriting = false;
    }

    /** What is no JSON, such as a result with a BigInt in it, is the fault of one event alone; the others are written. */
    private fail(batch: readonly Waiting[], error: unknown): void {
        const sound = batch.filter(({ event, reject }) => {
            try {
                JSON.stringify(event.message);
                return true;
            } catch (cause) {
                reject(cause);
                return false;
            }
        });
        if (sound.length < batch.length) {
            this.waiting.unshift(...sound);
        } else {
            sound.forEach(({ reject }) => reject(error));
        }
    }
}
