import {
    type Claim,
    type EventLog,
    fingerprint,
    type JSONRPCMessage,
    type LogCursor,
    type LogPage,
    milliseconds,
    type NewEvent,
    requireCount
} from '@mcp-sessions/core';
import { Database, type DatabaseOptions } from './database.js';
import { SessionNames } from './sessionNames.js';
import { Sweeper, type SweeperOptions } from './sweeper.js';
import type { Tables } from './tables.js';
import { fromColumn, toColumn, toName } from './text.js';

export interface PostgresEventLogOptions extends DatabaseOptions, SweeperOptions {
    /** Time to live of a session's log in seconds, counted from its last use. @default 3600 */
    ttlSeconds?: number;
    /** Events that one session's log holds. @default 10000 */
    maxEvents?: number;
    /** Bytes of JSON that one session's log holds. @default 16777216 */
    maxBytes?: number;
    /** Seconds after which an event is trimmed. @default none: it goes with its log */
    maxAgeSeconds?: number;
}

/** What one call may do. */
const maxAppended = 1000;
const maxPage = 1000;
const maxPageBytes = 1024 * 1024;

/** How long a dropped log refuses what is still on its way. */
const refuseMs = 120_000;

/** What Postgres makes. Longer numbers might not fit. */
const positionPattern = /^[1-9]\d{0,17}$/;

interface PageRow {
    readonly positions: string[];
    readonly messages: string[];
    readonly named: string | null;
    readonly looked_to: string;
    readonly more: boolean;
    readonly reader: string | null;
}

interface ClaimRow {
    readonly granted: boolean;
    readonly previous: string | null;
    readonly delivered: string | null;
    readonly kept: string;
}

/**
 * Event logs in Postgres 10 or later: a row for each message, and one for each session by whose lock positions are given out,
 * so that they become visible in their order. Every call is one statement and one round trip.
 *
 * Over a cap the oldest events go first, and final responses that nobody has seen go last.
 *
 * ```ts
 * const eventLog = new PostgresEventLog({ pool: new Pool({ connectionString }), maxEvents: 1000 });
 * ```
 *
 * @see {@link EventLog} for what each method promises.
 */
export class PostgresEventLog implements EventLog {
    private readonly database: Database;
    private readonly sweeper: Sweeper;
    private readonly sql: ReturnType<typeof statements>;
    private readonly names = new SessionNames();
    private readonly ttlMs: number;
    private readonly maxEvents: number;
    private readonly maxBytes: number;
    private readonly maxAgeMs: number;

    /** @throws RangeError for a number that is not positive or a strange name; TypeError without a pool. */
    constructor(options: PostgresEventLogOptions) {
        const { ttlSeconds = 3600, maxEvents = 10_000, maxBytes = 16 * 1024 * 1024, maxAgeSeconds } = options;
        this.database = new Database(options, 'PostgresEventLog');
        this.ttlMs = milliseconds(ttlSeconds, 'ttlSeconds');
        this.maxEvents = requireCount(maxEvents, 'maxEvents');
        this.maxBytes = requireCount(maxBytes, 'maxBytes');
        this.maxAgeMs = maxAgeSeconds === undefined ? 0 : milliseconds(maxAgeSeconds, 'maxAgeSeconds');
        this.sql = statements(this.database.tables);
        this.sweeper = new Sweeper(this.database, options);
    }

    async append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]> {
        // All of them first: what cannot be JSON must not leave half of the events behind.
        const messages = events.map(({ message }) => JSON.stringify(message));
        const [id, streams, answers] = await Promise.all([
            this.names.of(sessionId),
            Promise.all(events.map(({ streamId }) => toName(streamId))),
            Promise.all(events.map(answerOf))
        ]);
        const unseen = events.map(({ finalOf, undelivered = false }) => undelivered && finalOf !== undefined);
        const bounds = [this.ttlMs, this.maxEvents, this.maxBytes, this.maxAgeMs];
        const positions: (string | null)[] = [];
        for (let from = 0; from < events.length; from += maxAppended) {
            const part = [streams, messages, answers, unseen].map(column => column.slice(from, from + maxAppended));
            const [row] = await this.write<{ positions: (string | null)[] }>(this.sql.append, [id, ...bounds, ...part]);
            positions.push(...(row?.positions ?? []));
        }
        return positions;
    }

    async read(sessionId: string, streamId: string, cursor: LogCursor, limit: number): Promise<LogPage | null> {
        const isSince = 'since' in cursor;
        const position = isSince ? cursor.since : cursor.after;
        if (!positionPattern.test(position) && !(isSince && position === '')) {
            return null;
        }
        const [id, stream] = await Promise.all([this.names.of(sessionId), toName(streamId)]);
        const most = Math.min(Math.max(1, Math.floor(limit)), maxPage);
        const values = [id, stream, isSince, position || '0', most, maxPageBytes, this.maxAgeMs];
        const [row] = await this.database.rows<PageRow>(this.sql.read, values);
        if (!row) {
            return null;
        }
        const last = row.named === null ? undefined : await this.parse(sessionId, row.named);
        const events = [];
        for (const [index, json] of row.messages.entries()) {
            const message = await this.parse(sessionId, json);
            if (message) {
                events.push({ position: row.positions[index] ?? '', message });
            }
        }
        const reader = row.reader === null ? undefined : fromColumn(row.reader);
        return { events, last, position: row.looked_to, more: row.more, reader };
    }

    async claim(
        sessionId: string,
        streamId: string,
        reader: string,
        condition?: { readonly ifHeldBy: string | undefined }
    ): Promise<Claim> {
        const when = condition === undefined ? 'always' : condition.ifHeldBy === undefined ? 'free' : 'held';
        const heldBy = condition?.ifHeldBy === undefined ? null : toColumn(condition.ifHeldBy);
        const [id, stream] = await Promise.all([this.names.of(sessionId), toName(streamId)]);
        const values = [id, this.ttlMs, this.maxAgeMs, stream, toColumn(reader), when, heldBy];
        const [row] = await this.write<ClaimRow>(this.sql.claim, values);
        const { granted, previous, delivered, kept } = row as ClaimRow;
        return {
            granted,
            previous: previous === null ? undefined : fromColumn(previous),
            delivered: delivered ?? undefined,
            kept
        };
    }

    async release(sessionId: string, streamId: string, reader: string, delivered: string): Promise<void> {
        const [id, stream] = await Promise.all([this.names.of(sessionId), toName(streamId)]);
        await this.write(this.sql.release, [id, stream, toColumn(reader), positionPattern.test(delivered) ? delivered : '0']);
    }

    async drop(sessionId: string): Promise<void> {
        await this.write(this.sql.drop, [await this.names.of(sessionId), refuseMs]);
    }

    async touch(sessionId: string): Promise<string> {
        const [row] = await this.write<{ position: string }>(this.sql.touch, [await this.names.of(sessionId), this.ttlMs]);
        return row?.position ?? '';
    }

    /** Ends the sweeper; the pool is the caller's. */
    async close(): Promise<void> {
        await this.sweeper.close();
    }

    private write<T>(sql: string, values: unknown[]): Promise<T[]> {
        this.sweeper.start();
        return this.database.rows<T>(sql, values);
    }

    /** An event of the log; undefined when it is none of ours. */
    private async parse(sessionId: string, json: string): Promise<JSONRPCMessage | undefined> {
        try {
            const message: unknown = JSON.parse(json);
            if (typeof message === 'object' && message !== null && !Array.isArray(message)) {
                return message as JSONRPCMessage;
            }
        } catch {
            // Told below, as what is no object.
        }
        const name = await fingerprint(sessionId);
        this.database.logger?.warn(`mcp-sessions: an event of session ${name} cannot be read; it is passed over`);
        return undefined;
    }
}

/** Names the request that an event answers finally, within its session; null for any other event. */
async function answerOf({ streamId, finalOf }: NewEvent): Promise<string | null> {
    return finalOf === undefined ? null : toName(`${streamId.length}:${streamId}:${finalOf}`);
}

function statements(t: Tables) {
    return {
        append: `SELECT ${t.named('_append')}($1, $2, $3, $4, $5, $6::text[], $7::text[], $8::text[], $9::boolean[]) AS positions`,
        read: `SELECT * FROM ${t.named('_read')}($1, $2, $3, $4, $5, $6, $7)`,
        claim: `SELECT * FROM ${t.named('_claim')}($1, $2, $3, $4, $5, $6, $7)`,
        release: `SELECT ${t.named('_release')}($1, $2, $3, $4)`,
        drop: `SELECT ${t.named('_drop')}($1, $2)`,
        touch: `UPDATE ${t.named('_logs')} SET expires_at = now() + $2::double precision * interval '1 millisecond'
            WHERE id = $1 AND expires_at > now() AND NOT dropped
            RETURNING CASE WHEN last = base THEN '' ELSE last::text END AS position, set_config('synchronous_commit', 'off', true)`
    };
}
