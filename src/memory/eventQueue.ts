interface Positioned {
    readonly position: number;
}

/** How many places at the front may be empty before the rest moves up. */
const maxEmpty = 64;

/** Events in order of their positions: they come at the end, and go from the beginning, or nearly so. */
export class EventQueue<E extends Positioned> {
    /** Empty up to `head`. */
    private items: (E | undefined)[] = [];
    private head = 0;

    get size(): number {
        return this.items.length - this.head;
    }

    get first(): E | undefined {
        return this.items[this.head];
    }

    /** @param event stands behind all others. */
    push(event: E): void {
        this.items.push(event);
    }

    at(position: number): E | undefined {
        const event = this.items[this.indexBehind(position - 1)];
        return event?.position === position ? event : undefined;
    }

    /** Up to `limit` events behind a position. */
    behind(position: number, limit: number): E[] {
        const from = this.indexBehind(position);
        return this.items.slice(from, from + limit).filter(event => event !== undefined);
    }

    /** Whether there are events behind a position. */
    goesBeyond(position: number): boolean {
        return this.size > 0 && (this.items.at(-1)?.position ?? 0) > position;
    }

    remove(event: E): void {
        const index = this.first === event ? this.head : this.indexBehind(event.position - 1);
        if (index !== this.head) {
            this.items.splice(index, 1);
            return;
        }
        this.items[this.head++] = undefined;
        if (this.head > maxEmpty && this.head * 2 > this.items.length) {
            this.items = this.items.slice(this.head);
            this.head = 0;
        }
    }

    private indexBehind(position: number): number {
        let low = this.head;
        let high = this.items.length;
        while (low < high) {
            const middle = (low + high) >>> 1;
            if ((this.items[middle]?.position ?? 0) <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
