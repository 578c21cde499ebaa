import type { Mail, Mailbox } from '../ports/mailbox.js';
import { EventQueue } from './eventQueue.js';

interface Letter {
    readonly position: number;
    readonly message: string;
    /** Milliseconds since the Unix epoch. */
    readonly at: number;
}

interface Box {
    readonly letters: EventQueue<Letter>;
    /** Nothing behind this position has been trimmed. */
    trimmedTo: number;
}

/** How long a message is kept, and how many are at one address. */
const keptMs = 60_000;
const maxLetters = 500;

/** A mailbox in this process: for tests of what polls, and as the reference for what a mailbox does. All nodes share one. */
export class InMemoryMailbox implements Mailbox {
    /** In order of their last letter. */
    private readonly boxes = new Map<string, Box>();
    /** The last position of all boxes, so that a cursor stays good when its box is gone. */
    private last = 0;
    /** At an address without a box, something up to here may have been trimmed. */
    private forgottenTo = 0;

    /** Addresses at which messages are kept. */
    get size(): number {
        return this.boxes.size;
    }

    async post(address: string, message: string): Promise<void> {
        const box = this.boxes.get(address) ?? { letters: new EventQueue(), trimmedTo: this.forgottenTo };
        this.boxes.delete(address);
        this.boxes.set(address, box);
        box.letters.push({ position: ++this.last, message, at: Date.now() });
        if (box.letters.size > maxLetters) {
            trimFirst(box);
        }
        this.forgetOld();
    }

    async collect(cursors: ReadonlyMap<string, string | undefined>): Promise<ReadonlyMap<string, Mail>> {
        return new Map([...cursors].map(([address, cursor]) => [address, this.mailAt(address, cursor)]));
    }

    private mailAt(address: string, cursor: string | undefined): Mail {
        const from = cursor === undefined ? this.last : Number(cursor);
        const box = this.boxes.get(address);
        return {
            messages: box?.letters.behind(from, Infinity).map(({ message }) => message) ?? [],
            cursor: String(this.last),
            missed: from < (box?.trimmedTo ?? this.forgottenTo)
        };
    }

    private forgetOld(): void {
        const oldest = Date.now() - keptMs;
        for (const [address, box] of this.boxes) {
            while (box.letters.first && box.letters.first.at < oldest) {
                trimFirst(box);
            }
            if (box.letters.size > 0) {
                return;
            }
            this.boxes.delete(address);
            this.forgottenTo = Math.max(this.forgottenTo, box.trimmedTo);
        }
    }
}

function trimFirst(box: Box): void {
    const { first } = box.letters;
    if (first) {
        box.letters.remove(first);
        box.trimmedTo = first.position;
    }
}
