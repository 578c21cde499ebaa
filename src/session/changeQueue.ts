import { isSessionError } from '../errors.js';
import { combined, type RecordChange } from './recordedRequests.js';

interface Waiting {
    readonly change: RecordChange;
    /** Whether this node's server has been told what the change means. */
    readonly isKnown: boolean;
    resolve(): void;
    reject(error: unknown): void;
}

/**
 * Writes the changes of one session one after the other, so that they do not meet at the store. What comes while a write
 * is under way shares the next one.
 */
export class ChangeQueue {
    private waiting: Waiting[] = [];
    private isWriting = false;

    /** @param write is given a change, and that part of it which this node's server has been told of. */
    constructor(private readonly write: (change: RecordChange, known: RecordChange) => Promise<void>) {}

    /** Resolves when the change is in the store. Rejects if its write failed; later ones are tried all the same. */
    add(change: RecordChange, isKnown: boolean): Promise<void> {
        return new Promise((resolve, reject) => {
            this.waiting.push({ change, isKnown, resolve, reject });
            if (!this.isWriting) {
                this.isWriting = true;
                // Not before this turn is over: what comes in it is written together.
                void Promise.resolve().then(() => this.writeAll());
            }
        });
    }

    private async writeAll(): Promise<void> {
        while (this.waiting.length > 0) {
            await this.writeTogether(this.waiting.splice(0));
        }
        this.isWriting = false;
    }

    private async writeTogether(batch: readonly Waiting[]): Promise<void> {
        const changeOf = ({ change }: Waiting): RecordChange => change;
        try {
            await this.write(combined(batch.map(changeOf)), combined(batch.filter(({ isKnown }) => isKnown).map(changeOf)));
            batch.forEach(({ resolve }) => resolve());
        } catch (error) {
            if (batch.length > 1 && isSessionError(error) && error.code === 'RECORD_TOO_LARGE') {
                // One of them is too large; the others have no part in it.
                for (const single of batch) {
                    await this.writeTogether([single]);
                }
            } else {
                batch.forEach(({ reject }) => reject(error));
            }
        }
    }
}
