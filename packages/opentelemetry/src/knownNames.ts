import { other } from './conventions.js';

const longestName = 128;

/**
 * Names that the server is known to have. A client can call a tool by any name, and each would be a time series for ever: what
 * no server has confirmed is told as `_OTHER`, and so is what comes when there are too many.
 */
export class KnownNames {
    private readonly names: Set<string>;
    private readonly most: number;

    constructor(most: number, names: readonly string[] = []) {
        this.names = new Set(names);
        this.most = most;
    }

    has(name: string): boolean {
        return this.names.has(name);
    }

    /** The server has something of this name. */
    learn(name: unknown): void {
        if (typeof name === 'string' && name.length <= longestName && this.names.size < this.most) {
            this.names.add(name);
        }
    }

    /** The name as it may be told. */
    told(name: string): string {
        return this.names.has(name) ? name : other;
    }
}
