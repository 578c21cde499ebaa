import { later, requirePositive } from '@mcp-sessions/core';
import { Database, type DatabaseOptions } from './database.js';
import { hash32 } from './hash.js';

export interface SweeperOptions {
    /**
     * Seconds between two looks for rows that have expired; they are never read, whether they are removed or not. Any number
     * of nodes may do it: one at a time does. `Infinity` where something else calls {@link sweep}. @default 60
     */
    sweepSeconds?: number;
}

/** Rows of each kind that one statement removes, so that none takes long. */
const batch = 1000;

/** Batches in a row. */
const maxBatches = 1000;

/** Removes rows that have expired now and then, from the first write on until it is closed. */
export class Sweeper {
    private readonly intervalMs: number;
    private timer: ReturnType<typeof setTimeout> | undefined;
    private sweeping: Promise<unknown> | undefined;
    private isClosed = false;

    /** @throws RangeError if `sweepSeconds` is not positive. */
    constructor(
        private readonly database: Database,
        { sweepSeconds = 60 }: SweeperOptions
    ) {
        this.intervalMs = sweepSeconds === Infinity ? Infinity : requirePositive(sweepSeconds, 'sweepSeconds') * 1000;
    }

    start(): void {
        if (this.timer !== undefined || this.isClosed || this.intervalMs === Infinity) {
            return;
        }
        // Nodes that began together do not sweep together.
        this.timer = later(
            () => {
                this.sweeping = this.run();
            },
            this.intervalMs * (0.75 + Math.random() / 2)
        );
    }

    /** Resolves when nothing is under way. */
    async close(): Promise<void> {
        this.isClosed = true;
        clearTimeout(this.timer);
        await this.sweeping;
    }

    private async run(): Promise<void> {
        try {
            await sweepAll(this.database, () => this.isClosed);
        } catch (error) {
            this.database.logger?.warn(`mcp-sessions: expired rows could not be removed; it is tried again: ${(error as Error).message}`);
        }
        this.timer = undefined;
        this.start();
    }
}

/**
 * Removes all rows that have expired, in batches: what a backend does by itself once a minute. For a job of your own, where no
 * process lives long enough.
 */
export async function sweep(options: DatabaseOptions): Promise<void> {
    await sweepAll(new Database(options, 'sweep'), () => false);
}

async function sweepAll(database: Database, isOver: () => boolean): Promise<void> {
    const { tables } = database;
    const text = `SELECT ${tables.named('_sweep')}($1, $2) AS looked`;
    for (let batches = 0; batches < maxBatches && !isOver(); batches++) {
        const [row] = await database.rows<{ looked: unknown }>(text, [hash32(tables.title), batch]);
        if (Number(row?.looked ?? 0) < batch) {
            return;
        }
    }
}
