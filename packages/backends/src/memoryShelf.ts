import { InMemorySessionStore, milliseconds, type SessionCreation, type SessionData } from '@mcp-sessions/core';
import { longestTimerMs } from './patience.js';
import type { ValueShelf } from './values.js';

interface Held {
    readonly json: string;
    expiresAt: number;
    timer?: ReturnType<typeof setTimeout>;
}

/** Sessions in this process, and beside them values, each with a time to live of its own. */
export class MemoryShelf extends InMemorySessionStore implements ValueShelf {
    private readonly values = new Map<string, Held>();

    withTtl(ttlSeconds: number): Pick<ValueShelf, 'createSession' | 'updateSession'> {
        const ttlMs = milliseconds(ttlSeconds, 'ttlSeconds');
        return {
            createSession: async (id, data) => {
                if (this.values.has(id)) {
                    return 'taken';
                }
                // First held, then asked: so no session is begun under this id in between.
                this.hold(id, JSON.stringify(data), ttlMs);
                if (await super.sessionExists(id)) {
                    this.forget(id);
                    return 'taken';
                }
                return 'created';
            },
            updateSession: async (id, data, expectedRevision) => {
                if (this.held(id)?.revision !== expectedRevision) {
                    return false;
                }
                this.hold(id, JSON.stringify(data), ttlMs);
                return true;
            }
        };
    }

    override async getSession(id: string): Promise<SessionData | null> {
        return this.held(id) ?? super.getSession(id);
    }

    override async getAndTouchSession(id: string): Promise<SessionData | null> {
        return this.held(id) ?? super.getAndTouchSession(id);
    }

    override async sessionExists(id: string): Promise<boolean> {
        return this.values.has(id) || super.sessionExists(id);
    }

    override async createSession(id: string, data: SessionData): Promise<SessionCreation> {
        return this.values.has(id) ? 'taken' : super.createSession(id, data);
    }

    override async storeSession(id: string, data: SessionData): Promise<void> {
        this.forget(id);
        await super.storeSession(id, data);
    }

    override async updateSessionActivity(id: string): Promise<void> {
        const held = this.values.get(id);
        if (held) {
            this.hold(id, held.json, this.ttlMs);
        }
        await super.updateSessionActivity(id);
    }

    override async deleteSession(id: string): Promise<void> {
        this.forget(id);
        await super.deleteSession(id);
    }

    override async close(): Promise<void> {
        [...this.values.keys()].forEach(id => this.forget(id));
        await super.close();
    }

    private held(id: string): SessionData | undefined {
        const held = this.values.get(id);
        return held && (JSON.parse(held.json) as SessionData);
    }

    private hold(id: string, json: string, ttlMs: number): void {
        this.forget(id);
        const held = { json, expiresAt: performance.now() + ttlMs };
        this.values.set(id, held);
        this.expire(id, held);
    }

    private expire(id: string, held: Held): void {
        const leftMs = held.expiresAt - performance.now();
        if (leftMs <= 0) {
            this.values.delete(id);
            return;
        }
        held.timer = setTimeout(() => this.expire(id, held), Math.min(leftMs, longestTimerMs));
        held.timer.unref?.();
    }

    private forget(id: string): void {
        clearTimeout(this.values.get(id)?.timer);
        this.values.delete(id);
    }
}
