import {
    checkedPage,
    fingerprint,
    fingerprintOfDigest,
    isRecordNamed,
    type ListOptions,
    milliseconds,
    type SessionCreation,
    type SessionData,
    SessionError,
    type SessionLimits,
    type SessionPage,
    type SessionStore
} from '@mcp-sessions/core';
import { Admission } from './admission.js';
import { Database, type DatabaseOptions } from './database.js';
import { optionalCount } from './optionChecks.js';
import { SessionNames } from './sessionNames.js';
import { Sweeper, type SweeperOptions } from './sweeper.js';
import type { Tables } from './tables.js';
import { toName } from './text.js';

export interface PostgresSessionStoreOptions extends DatabaseOptions, SweeperOptions, SessionLimits {
    /**
     * Longest record in characters of JSON. A longer one is not written, and counts as absent when it is read. A guard
     * against foreign values; what a client may bring is bounded by the transport's `maxRecordBytes`. @default 1048576
     */
    maxRecordLength?: number;
}

interface Row {
    readonly data: string;
    /** Milliseconds since the Unix epoch. */
    readonly touched: string;
}

interface ListedRow extends Row {
    readonly id: string;
}

/** Rows that one page reads at most. */
const maxRows = 1000;

/**
 * MCP sessions in Postgres 10 or later: one row per session, read and extended by one statement. Rows that have expired are
 * never read, and are removed by a sweeper once a minute. Run {@link migrate} once before.
 *
 * ```ts
 * const sessionStore = new PostgresSessionStore({ pool: new Pool({ connectionString }), ttlSeconds: 3600 });
 * ```
 *
 * With `maxSessions` or `maxSessionsPerPrincipal`, sessions that have expired make room at once.
 *
 * @see {@link SessionStore} for what each method promises.
 */
export class PostgresSessionStore implements SessionStore {
    readonly ttlMs: number;
    private readonly database: Database;
    private readonly sweeper: Sweeper;
    private readonly sql: ReturnType<typeof statements>;
    private readonly names = new SessionNames();
    private readonly initializeTtlMs: number;
    private readonly maxSessions: number | null;
    private readonly maxSessionsPerPrincipal: number | null;
    private readonly maxRecordLength: number;
    private readonly admission: Admission;

    /** @throws RangeError for a number that is not positive or a strange name; TypeError without a pool. */
    constructor(options: PostgresSessionStoreOptions) {
        const { ttlSeconds = 3600, maxRecordLength = 1024 * 1024 } = options;
        this.database = new Database(options, 'PostgresSessionStore');
        this.ttlMs = milliseconds(ttlSeconds, 'ttlSeconds');
        this.initializeTtlMs = milliseconds(options.initializeTtlSeconds ?? Math.min(300, ttlSeconds), 'initializeTtlSeconds');
        this.maxSessions = optionalCount(options.maxSessions, 'maxSessions');
        this.maxSessionsPerPrincipal = optionalCount(options.maxSessionsPerPrincipal, 'maxSessionsPerPrincipal');
        this.maxRecordLength = maxRecordLength;
        this.sql = statements(this.database.tables);
        this.sweeper = new Sweeper(this.database, options);
        this.admission = new Admission(this.database);
    }

    async storeSession(sessionId: string, data: SessionData): Promise<void> {
        const sql = this.hasCaps ? this.sql.storeCounted : this.sql.store;
        await this.write(sql, [...(await this.record(sessionId, data)), this.ttlMs]);
    }

    async createSession(sessionId: string, data: SessionData): Promise<SessionCreation> {
        const values = [...(await this.record(sessionId, data)), data.initialized ? this.ttlMs : this.initializeTtlMs];
        if (this.hasCaps) {
            await this.admission.done();
            const [row] = await this.write<{ outcome: SessionCreation }>(this.sql.createCapped, [
                ...values,
                this.maxSessions,
                this.maxSessionsPerPrincipal
            ]);
            if (row?.outcome === 'full') {
                this.admission.doubt();
            }
            return row?.outcome ?? 'taken';
        }
        return (await this.write(this.sql.create, values)).length > 0 ? 'created' : 'taken';
    }

    async updateSession(sessionId: string, data: SessionData, expectedRevision: number): Promise<boolean> {
        const [id, json, revision] = await this.record(sessionId, data);
        return (await this.write(this.sql.update, [id, json, revision, expectedRevision, this.ttlMs])).length > 0;
    }

    async getSession(sessionId: string): Promise<SessionData | null> {
        const rows = await this.database.rows<Row>(this.sql.get, [await this.names.of(sessionId)]);
        return this.read(sessionId, rows[0]);
    }

    async getAndTouchSession(sessionId: string): Promise<SessionData | null> {
        const rows = await this.write<Row>(this.sql.getAndTouch, [await this.names.of(sessionId), this.ttlMs]);
        return this.read(sessionId, rows[0]);
    }

    async updateSessionActivity(sessionId: string): Promise<void> {
        await this.write(this.sql.touch, [await this.names.of(sessionId), this.ttlMs]);
    }

    async deleteSession(sessionId: string): Promise<void> {
        await this.write(this.sql.delete, [await this.names.of(sessionId)]);
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return (await this.getSession(sessionId)) !== null;
    }

    async listSessions(page?: ListOptions): Promise<SessionPage> {
        const { cursor, limit } = checkedPage(page, /^[A-Za-z0-9_-]{43}$/);
        const most = Math.min(limit, maxRows);
        const rows = await this.database.rows<ListedRow>(this.sql.list, [cursor?.[0] ?? '', most]);
        const sessions = (await Promise.all(rows.map(row => this.readListed(row)))).filter(data => data !== null);
        const last = rows.length === most ? rows.at(-1) : undefined;
        return { sessions, ...(last && { cursor: last.id }) };
    }

    /** Ends the sweeper; the pool is the caller's. */
    async close(): Promise<void> {
        await Promise.all([this.sweeper.close(), this.admission.close()]);
    }

    private get hasCaps(): boolean {
        return this.maxSessions !== null || this.maxSessionsPerPrincipal !== null;
    }

    private write<T>(sql: string, values: unknown[]): Promise<T[]> {
        this.sweeper.start();
        return this.database.rows<T>(sql, values);
    }

    private async record(sessionId: string, data: SessionData): Promise<unknown[]> {
        const json = JSON.stringify(data);
        if (json.length > this.maxRecordLength) {
            throw new SessionError('RECORD_TOO_LARGE', `The session record would be longer than maxRecordLength (${this.maxRecordLength})`);
        }
        const principal = data.principal === undefined ? null : await toName(data.principal);
        return [await this.names.of(sessionId), json, data.revision ?? 0, principal];
    }

    private async read(sessionId: string, row: Row | undefined): Promise<SessionData | null> {
        if (row === undefined) {
            return null;
        }
        const data = this.open(row);
        if (data === undefined) {
            this.reportUnreadable(await fingerprint(sessionId));
        }
        return data ?? null;
    }

    private async readListed(row: ListedRow): Promise<SessionData | null> {
        const data = this.open(row);
        if (data && (await isRecordNamed(row.id, data))) {
            return data;
        }
        this.reportUnreadable(fingerprintOfDigest(row.id));
        return null;
    }

    /** The record, unchecked beyond being JSON; undefined for what is none. */
    private open({ data: json, touched }: Row): SessionData | undefined {
        const data = json.length > this.maxRecordLength ? undefined : parse(json);
        return typeof data === 'object' && data !== null ? { ...data, lastActivity: Number(touched) } : data;
    }

    private reportUnreadable(name: string): void {
        this.database.logger?.warn(`mcp-sessions: the record of session ${name} cannot be read; it counts as absent`);
    }
}

function parse(json: string): SessionData | undefined {
    try {
        return JSON.parse(json) as SessionData;
    } catch {
        return undefined;
    }
}

function statements(t: Tables) {
    const after = (ms: string) => `now() + ${ms}::double precision * interval '1 millisecond'`;
    const touched = 'floor(extract(epoch FROM touched_at) * 1000)::bigint::text AS touched';
    const columns = '(id, data, revision, principal, counted, touched_at, expires_at, sweep_at)';
    const values = (counted: boolean) => `VALUES ($1, $2, $3, $4, ${counted}, now(), ${after('$5')}, ${after('$5')})`;
    const replaced = `data = excluded.data, revision = excluded.revision, touched_at = now(), expires_at = excluded.expires_at`;
    // A life that was extended and is not, because Postgres crashed within a second, is no loss: nobody waits for the disk.
    const unhurried = `set_config('synchronous_commit', 'off', true)`;
    return {
        store: `INSERT INTO ${t.sessions} ${columns} ${values(false)} ON CONFLICT (id) DO UPDATE SET ${replaced}`,
        storeCounted: `WITH stored AS (
                INSERT INTO ${t.sessions} ${columns} ${values(true)} ON CONFLICT (id) DO UPDATE SET ${replaced} RETURNING xmax = 0 AS is_new
            ) SELECT ${t.named('_count')}(coalesce($4, ''), 1) FROM stored WHERE is_new`,
        create: `INSERT INTO ${t.sessions} AS s ${columns} ${values(false)}
            ON CONFLICT (id) DO UPDATE SET ${replaced}, sweep_at = excluded.sweep_at WHERE s.expires_at <= now() RETURNING 1`,
        createCapped: `SELECT ${t.named('_create')}($1, $2, $3, $4, $5, $6, $7) AS outcome`,
        update: `UPDATE ${t.sessions} SET data = $2, revision = $3, touched_at = now(), expires_at = ${after('$5')}
            WHERE id = $1 AND revision = $4 AND expires_at > now() RETURNING 1`,
        get: `SELECT data, ${touched} FROM ${t.sessions} WHERE id = $1 AND expires_at > now()`,
        getAndTouch: `UPDATE ${t.sessions} SET touched_at = now(), expires_at = ${after('$2')}
            WHERE id = $1 AND expires_at > now() RETURNING data, ${touched}, ${unhurried}`,
        touch: `UPDATE ${t.sessions} SET touched_at = now(), expires_at = ${after('$2')}
            WHERE id = $1 AND expires_at > now() RETURNING ${unhurried}`,
        delete: `WITH removed AS (DELETE FROM ${t.sessions} WHERE id = $1 RETURNING principal, counted)
            SELECT ${t.named('_count')}(coalesce(principal, ''), -1) FROM removed WHERE counted`,
        list: `SELECT id, data, ${touched} FROM ${t.sessions}
            WHERE id > $1 AND id ~ '^[A-Za-z0-9_-]{43}$' AND expires_at > now() ORDER BY id LIMIT $2`
    };
}
