import type { SessionLock } from '../ports/sessionLock.js';
import { requirePositive } from '../positiveOptions.js';

interface Held {
    readonly holder: string;
    readonly token: number;
    endsAt: number;
}

/** How many locks each grant looks at for ended ones, so that abandoned locks do not stay for ever. */
const sweptPerGrant = 4;

/** Locks in this process; several transports may share one. */
export class InMemorySessionLock implements SessionLock {
    /** In the order in which they were taken or renewed. */
    private readonly held = new Map<string, Held>();
    private lastToken = 0;

    async acquire(name: string, holder: string, leaseMs: number): Promise<number | null> {
        requirePositive(leaseMs, 'leaseMs');
        const current = this.current(name);
        if (current && current.holder !== holder) {
            return null;
        }
        const token = current?.token ?? ++this.lastToken;
        this.hold(name, { holder, token, endsAt: Date.now() + leaseMs });
        this.sweep();
        return token;
    }

    async renew(name: string, holder: string, leaseMs: number): Promise<boolean> {
        requirePositive(leaseMs, 'leaseMs');
        const current = this.current(name);
        if (current?.holder !== holder) {
            return false;
        }
        this.hold(name, { ...current, endsAt: Date.now() + leaseMs });
        return true;
    }

    async release(name: string, holder: string): Promise<boolean> {
        return this.current(name)?.holder === holder && this.held.delete(name);
    }

    /** Nothing to release. */
    async close(): Promise<void> {}

    private hold(name: string, held: Held): void {
        this.held.delete(name);
        this.held.set(name, held);
    }

    private current(name: string): Held | undefined {
        const held = this.held.get(name);
        return held && held.endsAt > Date.now() ? held : undefined;
    }

    private sweep(): void {
        let looked = 0;
        for (const [name, { endsAt }] of this.held) {
            if (endsAt <= Date.now()) {
                this.held.delete(name);
            }
            if (++looked >= sweptPerGrant) {
                return;
            }
        }
    }
}
