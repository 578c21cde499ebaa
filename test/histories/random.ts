/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export class Random {
    #state: number;

    constructor(seed: number) {
        this.#state = seed >>> 0;
    }

    /** At least 0, less than 1. */
    next(): number {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let bits = this.#state;
        bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
        bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
        return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    }

    /** A whole number from `from` to `to`, both included. */
    between(from: number, to: number): number {
        return from + Math.floor(this.next() * (to - from + 1));
    }

    chance(probability: number): boolean {
        return this.next() < probability;
    }

    pick<T>(choices: readonly T[]): T {
        const choice = choices[Math.floor(this.next() * choices.length)];
        if (choice === undefined) throw new RangeError('There is nothing to choose from');
        return choice;
    }
}
