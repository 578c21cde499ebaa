/** Nodes whose numbers a position carries: those that wrote last. What is written twice is mostly written within a minute. */
const mostNodes = 4;

/**
 * What a reader has had of each node. The entries of one node have rising numbers, but a batch whose answer was lost is there
 * again behind itself. Positions carry it, so that who reads on later skips that, too: `<position in the log>~<node>.<number>`.
 */
export class SeenNumbers {
    private readonly highest = new Map<string, number>();
    /** Those that wrote last, the last one at the end. */
    private latest: readonly string[] = [];

    /** @returns the position in the log, and what the one who was given this position has had. */
    static from(position: string): [since: string, seen: SeenNumbers] {
        const seen = new SeenNumbers();
        const [since = '', ...marks] = position.split('~');
        for (const mark of marks) {
            const dot = mark.lastIndexOf('.');
            seen.isNew(mark.slice(0, Math.max(0, dot)), parseInt(mark.slice(dot + 1), 36));
        }
        return [since, seen];
    }

    /** False for one that was there before. */
    isNew(node: string, number: number): boolean {
        const highest = this.highest.get(node) ?? -1;
        if (!(number > highest)) {
            return false;
        }
        this.highest.set(node, number);
        if (this.latest.at(-1) !== node) {
            this.latest = [...this.latest.filter(other => other !== node), node].slice(-mostNodes);
        }
        return true;
    }

    /** The position of a reader that is so far in the log. */
    positionAt(since: string): string {
        return [since, ...this.latest.map(node => `${node}.${(this.highest.get(node) ?? 0).toString(36)}`)].join('~');
    }
}
