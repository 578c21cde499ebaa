import type { Database } from './database.js';
import { hash32 } from './hash.js';

/** Sessions that one statement counts, so that nobody waits long for it. */
const batch = 1000;

/** How often counts that leave no room are checked, at most. */
const doubtMs = 60_000;

/** Sees to it that all sessions are counted, for caps. */
export class Admission {
    private readonly sql: { readonly isLeft: string; readonly admit: string; readonly recount: string };
    private isDone = false;
    private admitting: Promise<void> | undefined;
    private recounting: Promise<unknown> | undefined;
    private doubtedAt = -Infinity;

    constructor(private readonly database: Database) {
        const { tables } = database;
        this.sql = {
            isLeft: `SELECT EXISTS (SELECT 1 FROM ${tables.sessions} WHERE NOT counted) AS is_left`,
            admit: `SELECT ${tables.named('_admit')}($1)::text AS number`,
            recount: `SELECT ${tables.named('_recount')}($1)`
        };
    }

    /**
     * Resolves when the sessions are counted that began where there were no caps. They are looked for until a process has seen
     * that there are none.
     */
    async done(): Promise<void> {
        if (!this.isDone) {
            this.admitting ??= this.admitAll().finally(() => (this.admitting = undefined));
            await this.admitting;
        }
    }

    /** There is no room. Should the counts be wrong, because somebody has changed the tables by hand, they are set right soon. */
    doubt(): void {
        const now = performance.now();
        if (now - this.doubtedAt >= doubtMs) {
            this.doubtedAt = now;
            this.recounting = this.database.rows(this.sql.recount, [hash32(this.database.tables.title)]).catch((error: unknown) => {
                this.database.logger?.warn(`mcp-sessions: sessions could not be counted anew: ${(error as Error).message}`);
            });
        }
    }

    /** Resolves when nothing is under way. */
    async close(): Promise<void> {
        await this.recounting;
    }

    private async admitAll(): Promise<void> {
        const [row] = await this.database.rows<{ is_left: boolean }>(this.sql.isLeft, []);
        this.isDone = row?.is_left === false;
        for (let number = this.isDone ? 0 : batch; number === batch; ) {
            const [admitted] = await this.database.rows<{ number: string }>(this.sql.admit, [batch]);
            number = Number(admitted?.number ?? 0);
        }
    }
}
