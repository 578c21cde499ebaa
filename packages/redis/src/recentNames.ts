/** How many names are remembered at least; twice as many at most. */
const remembered = 4096;

/** Knows again what it was told of lately. */
export class RecentNames {
    private newer = new Set<string>();
    private older = new Set<string>();

    /** False when it is known. */
    add(name: string): boolean {
        if (this.newer.has(name) || this.older.has(name)) {
            return false;
        }
        if (this.newer.size >= remembered) {
            this.older = this.newer;
            this.newer = new Set();
        }
        this.newer.add(name);
        return true;
    }
}
