/** What was made for a name lately, so that it need not be made again. The least recently used go first. */
export class Remembered<V> {
    private readonly byName = new Map<string, V>();

    constructor(private readonly most: number) {}

    get(name: string, make: () => V): V {
        const known = this.byName.get(name);
        const value = known ?? make();
        this.byName.delete(name);
        this.byName.set(name, value);
        if (this.byName.size > this.most) {
            for (const oldest of this.byName.keys()) {
                this.byName.delete(oldest);
                break;
            }
        }
        return value;
    }
}
