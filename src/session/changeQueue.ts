import { combined, type RecordChange } from './recordedRequests.js';

interface Batch {
    readonly changes: RecordChange[];
    readonly written: Promise<void>;
}

/**
 * Writes the changes of one session one after the other, so that they do not meet at the store. What comes while a write
 * is under way shares the next one.
 */
export class ChangeQueue {
    private next: Batch | undefined;
    private last: Promise<void> = Promise.resolve();

    constructor(private readonly write: (change: RecordChange) => Promise<void>) {}

    /** Resolves when the change is in the store. Rejects if its write failed; later ones are tried all the same. */
    add(change: RecordChange): Promise<void> {
        const batch = (this.next ??= this.begin());
        batch.changes.push(change);
        return batch.written;
    }

    private begin(): Batch {
        const changes: RecordChange[] = [];
        const written = this.last.then(() => {
            this.next = undefined;
            return this.write(combined(changes));
        });
        // Whoever added a change is told of its failure; the queue itself goes on.
        this.last = written.catch(() => undefined);
        return { changes, written };
    }
}
