import { requirePositive } from '@mcp-sessions/core';
import type { PostgresPool, PostgresResult } from './client.js';
import { failure, isTransient, summary } from './failure.js';
import { shortName } from './hash.js';
import { requirePool } from './optionChecks.js';
import { checkLedger } from './ledger.js';
import { Tables, type TableOptions } from './tables.js';

/** Where to tell what is out of order and does not stop anything. `console` is one. */
export interface SessionLogger {
    warn(message: string): void;
}

/** Options of everything that uses the database. */
export interface DatabaseOptions extends TableOptions {
    /** A `Pool` of `pg` 8. It stays yours: it is never ended here. */
    pool: PostgresPool;
    /**
     * Whether statements are prepared, once for each connection. False where a pooler in transaction mode gives connections
     * to others in between, unless it knows prepared statements. @default true
     */
    prepare?: boolean;
    /** Milliseconds after which a statement is given up and its connection with it. @default 5000 */
    queryTimeoutMs?: number;
    /** Told what could not be read or done, and is done again. @default none */
    logger?: SessionLogger;
}

/** How often a statement is sent that met another one. */
const maxAttempts = 4;

/** Of each pool what is known of its tables, by name: all parts of a backend look at the ledger once. */
const checks = new WeakMap<PostgresPool, Map<string, SchemaCheck>>();

interface SchemaCheck {
    isDone: boolean;
    running: Promise<void> | undefined;
}

/** The database as all parts of a backend use it: each call is one statement and one round trip. */
export class Database {
    readonly tables: Tables;
    readonly pool: PostgresPool;
    readonly logger: SessionLogger | undefined;
    private readonly prepare: boolean;
    private readonly queryTimeoutMs: number;
    private readonly names = new Map<string, string>();
    private readonly schema: SchemaCheck;

    /** @throws TypeError without a pool; RangeError for a strange name or time. @param user who needs the pool. */
    constructor(options: DatabaseOptions, user: string) {
        const { pool, prepare = true, queryTimeoutMs = 5000, logger } = options;
        requirePool(pool, user);
        this.tables = new Tables(options);
        this.pool = pool;
        this.prepare = prepare;
        this.queryTimeoutMs = requirePositive(queryTimeoutMs, 'queryTimeoutMs');
        this.logger = logger;
        this.schema = schemaCheckOf(pool, this.tables, logger);
    }

    /** Runs a statement, once the tables were found to be what this release needs. */
    async rows<T>(text: string, values: unknown[]): Promise<T[]> {
        if (!this.schema.isDone) {
            await this.check();
        }
        for (let attempt = 1; ; attempt++) {
            try {
                const { rows } = await this.send(text, values);
                return rows as T[];
            } catch (error) {
                if (!isTransient(error) || attempt === maxAttempts) {
                    throw failure(error, this.tables);
                }
                await pause(Math.random() * 10 * attempt);
            }
        }
    }

    /** Looks at the ledger, once for all who ask at the same time. What was in order is not looked at again. */
    private check(): Promise<void> {
        const { schema, tables } = this;
        schema.running ??= checkLedger((text, values) => this.send(text, values), tables)
            .then(() => void (schema.isDone = true))
            .catch((error: unknown) => {
                throw failure(error, tables);
            })
            .finally(() => (schema.running = undefined));
        return schema.running;
    }

    private send(text: string, values: unknown[]): Promise<PostgresResult> {
        const query_timeout = this.queryTimeoutMs;
        return this.pool.query(this.prepare ? { name: this.nameOf(text), text, values, query_timeout } : { text, values, query_timeout });
    }

    /** By its text: copies of this package may share a pool. */
    private nameOf(text: string): string {
        let name = this.names.get(text);
        if (name === undefined) {
            name = `mcp_${shortName(text)}`;
            this.names.set(text, name);
        }
        return name;
    }
}

function schemaCheckOf(pool: PostgresPool, tables: Tables, logger: SessionLogger | undefined): SchemaCheck {
    let ofPool = checks.get(pool);
    if (!ofPool) {
        ofPool = new Map();
        checks.set(pool, ofPool);
        // A pool tells of connections that break while nobody uses them. If nobody listened, the process would end.
        pool.on('error', error => logger?.warn(`mcp-sessions: a connection of the pool was lost: ${summary(error)}`));
    }
    const check = ofPool.get(tables.title) ?? { isDone: false, running: undefined };
    ofPool.set(tables.title, check);
    return check;
}

function pause(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms));
}
