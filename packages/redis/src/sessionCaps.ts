import type { RedisCommands } from './commands.js';
import type { Keys } from './keys.js';
import { countSession, extendSession, uncountSession } from './scripts/embedded.js';

/** Sessions of which it is remembered until when they are counted. */
const remembered = 10_000;

/**
 * Counts sessions against caps. A session is counted for a quarter of its time to live longer than it was asked for: the
 * count is extended when half of that is used up, and the other half is for a command that reaches Redis late. So a session
 * that lives is always counted, and one that has expired at most that much longer.
 *
 * Record and count lie in different slots of a cluster: count first, then write the record.
 */
export class SessionCaps {
    /** By the clock of this process. */
    private readonly countedUntil = new Map<string, number>();

    constructor(
        private readonly redis: RedisCommands,
        private readonly keys: Keys,
        private readonly ttlMs: number,
        private readonly maxSessions: number | undefined,
        private readonly maxSessionsPerPrincipal: number | undefined
    ) {}

    /** Counts a session. False when there are as many as there may be. */
    async count(sessionId: string, principal: string | undefined, lifeMs: number): Promise<boolean> {
        return this.tryCount(sessionId, principal, lifeMs, this.maxSessions, this.maxSessionsPerPrincipal);
    }

    /** Counts a session that is there already, whatever the caps. */
    async recount(sessionId: string, principal: string | undefined): Promise<void> {
        await this.tryCount(sessionId, principal, this.ttlMs);
    }

    /** Call it before the session's life is extended. False when it is not counted, so that it must be, if it is there. */
    async extend(sessionId: string): Promise<boolean> {
        const session = await this.keys.short(sessionId);
        const now = performance.now();
        if ((this.countedUntil.get(session) ?? 0) - now >= this.ttlMs * 1.125) {
            return true;
        }
        const isCounted = Number(await this.redis.run(extendSession, this.keys.caps(), [session, withSlack(this.ttlMs)])) === 1;
        if (isCounted) {
            this.remember(session, now + withSlack(this.ttlMs));
        }
        return isCounted;
    }

    /** Call it when the record is gone. */
    async release(sessionId: string): Promise<void> {
        const session = await this.keys.short(sessionId);
        this.countedUntil.delete(session);
        await this.redis.run(uncountSession, this.keys.caps(), [session]);
    }

    private async tryCount(
        sessionId: string,
        principal: string | undefined,
        lifeMs: number,
        maxSessions?: number,
        maxSessionsPerPrincipal?: number
    ): Promise<boolean> {
        const session = await this.keys.short(sessionId);
        const now = performance.now();
        const args = [session, principal ?? '', withSlack(lifeMs), maxSessions ?? '', maxSessionsPerPrincipal ?? ''];
        const isCounted = Number(await this.redis.run(countSession, this.keys.caps(), args)) === 1;
        if (isCounted) {
            this.remember(session, now + withSlack(lifeMs));
        }
        return isCounted;
    }

    private remember(session: string, until: number): void {
        if (this.countedUntil.size >= remembered) {
            this.countedUntil.clear();
        }
        this.countedUntil.set(session, until);
    }
}

function withSlack(lifeMs: number): number {
    return Math.ceil(lifeMs * 1.25);
}
