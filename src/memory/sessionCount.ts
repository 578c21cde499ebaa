/** How many sessions there are, in total and of each principal, against the caps on them. */
export class SessionCount {
    private total = 0;
    private readonly ofPrincipal = new Map<string, number>();

    constructor(
        private readonly maxSessions: number,
        private readonly maxSessionsPerPrincipal: number
    ) {}

    /** Whether there is no room for one more of this principal. */
    isFull(principal: string | undefined): boolean {
        return this.total >= this.maxSessions || this.of(principal) >= this.maxSessionsPerPrincipal;
    }

    add(principal: string | undefined): void {
        this.total++;
        this.set(principal, this.of(principal) + 1);
    }

    remove(principal: string | undefined): void {
        this.total--;
        this.set(principal, this.of(principal) - 1);
    }

    private of(principal: string | undefined): number {
        return principal === undefined ? 0 : (this.ofPrincipal.get(principal) ?? 0);
    }

    private set(principal: string | undefined, count: number): void {
        if (principal !== undefined && count > 0) {
            this.ofPrincipal.set(principal, count);
        } else if (principal !== undefined) {
            this.ofPrincipal.delete(principal);
        }
    }
}
