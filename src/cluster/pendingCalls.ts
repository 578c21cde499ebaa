import { later } from '../timers.js';
import type { Answer } from './busMessages.js';

/** A question that is on its way, and the answers to it so far. */
export class PendingCall {
    readonly answers = new Map<string, Answer>();
    private missing = Infinity;
    private finish: (() => void) | undefined;

    constructor(readonly id: number) {}

    /** How many nodes will answer; Infinity where that is not known. */
    expect(count: number): void {
        this.missing = count;
    }

    get isHopeless(): boolean {
        return this.missing <= 0;
    }

    add(from: string, answer: Answer): void {
        this.answers.set(from, answer);
        if (this.answers.size >= this.missing) {
            this.finish?.();
        }
    }

    /** Resolves when all answers are there, or when no more are waited for. */
    async over(timeoutMs: number): Promise<void> {
        if (this.answers.size >= this.missing) {
            return;
        }
        await new Promise<void>(resolve => {
            const timer = later(resolve, timeoutMs);
            this.finish = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }
}

/** The questions of a node that wait for answers. */
export class PendingCalls {
    private readonly byId = new Map<number, PendingCall>();
    private count = 0;

    begin(): PendingCall {
        const call = new PendingCall(++this.count);
        this.byId.set(call.id, call);
        return call;
    }

    /** An answer to a question that nobody waits for any more is dropped. */
    add(id: number, from: string, answer: Answer): void {
        this.byId.get(id)?.add(from, answer);
    }

    end({ id }: PendingCall): void {
        this.byId.delete(id);
    }
}
