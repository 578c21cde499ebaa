/** Nodes whose numbers are remembered: those that wrote last. What is written twice is written within a minute. */
const mostNodes = 4;

/**
 * What a reader has had of each node. The entries of one node have rising numbers, but a batch whose answer was lost is there
 * again behind itself. Positions carry it, so that who reads on later skips that, too: `<position in the log>~<node>.<number>`.
 */
export class SeenNumbers {
    private readonly highest = new Map<string, number>();

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
        this.highest.delete(node);
        this.highest.set(node, number);
        const [oldest] = this.highest.keys();
        if (this.highest.size > mostNodes && oldest !== undefined) {
            this.highest.delete(oldest);
        }
        return true;
    }

    /** The position of a reader that is so far in the log. */
    positionAt(since: string): string {
        return [since, ...[...this.highest].map(([node, number]) => `${node}.${number.toString(36)}`)].join('~');
    }
}
