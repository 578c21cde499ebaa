import { body } from './body.js';
import type { Tables } from '../tables.js';

/**
 * Events are read by their index, which has them in order, whatever the planner believes of the table: it may have looked at it
 * when it was nearly empty.
 */
const planning = 'SET enable_seqscan = off SET enable_bitmapscan = off';

/**
 * What a log does in one round trip each. Whatever changes a log holds its row, so positions are given out in the order in
 * which they become visible: no reader skips an event whose transaction ends late.
 *
 * Of a log's row: `base` is where it began, and `last` where it ends; up to `first` there is nothing any more, and up to
 * `skipped` nothing but final responses that nobody has seen. Of a stream without a row, events up to `gone` may have been
 * trimmed; of one with a row, up to its `floor`.
 */
export function logFunctions(t: Tables): string {
    const [logs, events, streams] = [t.named('_logs'), t.named('_events'), t.named('_streams')];
    return `
-- The log of a session, its row locked; made if there is none, and begun anew if it has expired. Not saved yet.
CREATE FUNCTION ${t.named('_open_log')}(p_id text, p_ttl_ms double precision) RETURNS ${logs} LANGUAGE plpgsql AS ${body(`
DECLARE
    v_log ${logs};
    v_now timestamptz;
BEGIN
    LOOP
        SELECT * INTO v_log FROM ${logs} WHERE id = p_id FOR UPDATE;
        EXIT WHEN FOUND;
        v_now := clock_timestamp();
        INSERT INTO ${logs} AS l (id, base, last, first, skipped, expires_at, sweep_at)
            SELECT p_id, us, us, us, us, ends, ends
            FROM (SELECT (extract(epoch FROM v_now) * 1000000)::bigint AS us, v_now + p_ttl_ms * interval '1 millisecond' AS ends) AS new
            ON CONFLICT (id) DO NOTHING
            RETURNING l.* INTO v_log;
        EXIT WHEN FOUND;
    END LOOP;
    v_now := clock_timestamp();
    IF v_log.expires_at <= v_now THEN
        DELETE FROM ${events} WHERE log = v_log.no;
        DELETE FROM ${streams} WHERE log = v_log.no;
        v_log.base := greatest(v_log.last, (extract(epoch FROM v_now) * 1000000)::bigint);
        v_log.last := v_log.base;
        v_log.first := v_log.base;
        v_log.skipped := v_log.base;
        v_log.gone := 0;
        v_log.events := 0;
        v_log.bytes := 0;
        v_log.streams := 0;
        v_log.max_streams := 2048;
        v_log.dropped := false;
    END IF;
    RETURN v_log;
END`)};

-- Writes what was changed in the row of a log, and starts its time to live anew.
CREATE FUNCTION ${t.named('_save_log')}(v_log ${logs}, p_ttl_ms double precision) RETURNS void LANGUAGE plpgsql AS ${body(`
BEGIN
    UPDATE ${logs} SET
        base = v_log.base, last = v_log.last, first = v_log.first, skipped = v_log.skipped, gone = v_log.gone,
        events = v_log.events, bytes = v_log.bytes, streams = v_log.streams, max_streams = v_log.max_streams,
        dropped = v_log.dropped, expires_at = clock_timestamp() + p_ttl_ms * interval '1 millisecond'
    WHERE id = v_log.id;
END`)};

-- Removes events behind one position up to another, and remembers where the streams then begin.
CREATE FUNCTION ${t.named('_remove_events')}(v_log ${logs}, p_after bigint, p_to bigint, p_all boolean) RETURNS ${logs}
LANGUAGE plpgsql AS ${body(`
DECLARE
    v_events bigint;
    v_bytes bigint;
    v_gone bigint;
BEGIN
    WITH removed AS (
        DELETE FROM ${events}
        WHERE log = v_log.no AND position > p_after AND position <= p_to AND (p_all OR NOT undelivered)
        RETURNING stream, position, octet_length(message) AS bytes
    ), raised AS (
        UPDATE ${streams} AS s SET floor = r.position
        FROM (SELECT stream, max(position) AS position FROM removed GROUP BY stream) AS r
        WHERE s.log = v_log.no AND s.stream = r.stream
        RETURNING s.stream
    )
    SELECT count(*), sum(bytes), max(position) FILTER (WHERE stream NOT IN (SELECT raised.stream FROM raised))
        INTO v_events, v_bytes, v_gone FROM removed;
    v_log.events := v_log.events - v_events;
    v_log.bytes := v_log.bytes - coalesce(v_bytes, 0);
    v_log.gone := greatest(v_log.gone, v_gone);
    RETURN v_log;
END`)};

-- Removes the events that are too old.
CREATE FUNCTION ${t.named('_expire_events')}(v_log ${logs}, p_max_age_ms double precision) RETURNS ${logs} LANGUAGE plpgsql AS ${body(`
DECLARE
    v_oldest timestamptz := clock_timestamp() - p_max_age_ms * interval '1 millisecond';
    v_event record;
    v_to bigint;
BEGIN
    FOR v_event IN
        SELECT position, at FROM ${events} WHERE log = v_log.no AND position > v_log.first ORDER BY position
    LOOP
        EXIT WHEN v_event.at >= v_oldest;
        v_to := v_event.position;
    END LOOP;
    IF v_to IS NOT NULL THEN
        v_log := ${t.named('_remove_events')}(v_log, v_log.first, v_to, true);
        v_log.first := v_to;
        v_log.skipped := greatest(v_log.skipped, v_to);
    END IF;
    RETURN v_log;
END`)};

-- Removes what is over the bounds: the oldest first, but final responses that nobody has seen last.
CREATE FUNCTION ${t.named('_trim_log')}(v_log ${logs}, p_max_events bigint, p_max_bytes bigint) RETURNS ${logs} LANGUAGE plpgsql AS ${body(`
DECLARE
    v_all boolean := false;
    v_event record;
    v_events bigint;
    v_bytes bigint;
    v_to bigint;
BEGIN
    LOOP
        v_events := v_log.events;
        v_bytes := v_log.bytes;
        v_to := NULL;
        FOR v_event IN
            SELECT position, octet_length(message) AS bytes FROM ${events}
            WHERE log = v_log.no AND position > CASE WHEN v_all THEN v_log.first ELSE v_log.skipped END AND (v_all OR NOT undelivered)
            ORDER BY position
        LOOP
            EXIT WHEN v_events <= p_max_events AND v_bytes <= p_max_bytes;
            v_events := v_events - 1;
            v_bytes := v_bytes - v_event.bytes;
            v_to := v_event.position;
        END LOOP;
        IF v_to IS NOT NULL THEN
            v_log := ${t.named('_remove_events')}(v_log, CASE WHEN v_all THEN v_log.first ELSE v_log.skipped END, v_to, v_all);
            v_log.skipped := greatest(v_log.skipped, v_to);
            IF v_all THEN
                v_log.first := v_to;
            END IF;
        END IF;
        EXIT WHEN v_all OR (v_log.events <= p_max_events AND v_log.bytes <= p_max_bytes);
        v_all := true;
    END LOOP;
    RETURN v_log;
END`)};

-- What is kept of streams must not gather for as long as the session lives: forgets those that were left longest ago, first of
-- all those that nobody reads.
CREATE FUNCTION ${t.named('_forget_streams')}(v_log ${logs}) RETURNS ${logs} LANGUAGE plpgsql AS ${body(`
DECLARE
    v_removed bigint;
    v_gone bigint;
BEGIN
    WITH removed AS (
        DELETE FROM ${streams} WHERE log = v_log.no AND stream IN (
            SELECT s.stream FROM ${streams} AS s
            WHERE s.log = v_log.no
                AND s.stream NOT IN (SELECT e.stream FROM ${events} AS e WHERE e.log = v_log.no AND e.undelivered)
            ORDER BY s.reader IS NULL, s.used_at DESC
            OFFSET 1024
        )
        RETURNING floor
    )
    SELECT count(*), max(floor) INTO v_removed, v_gone FROM removed;
    v_log.gone := greatest(v_log.gone, v_gone);
    v_log.streams := v_log.streams - v_removed;
    v_log.max_streams := greatest(2048, 2 * v_log.streams);
    RETURN v_log;
END`)};

-- Appends events, each at the end. Of each its position, null where it was not appended. Positions go with the clock where that is
-- ahead: one that was lost in a crash, or in a fail-over to a replica that lacked it, is not given to another event. The usual case,
-- one event for a log with room, is one update and one insert.
CREATE FUNCTION ${t.named('_append')}(
    p_id text, p_ttl_ms double precision, p_max_events bigint, p_max_bytes bigint, p_max_age_ms double precision,
    p_streams text[], p_messages text[], p_answers text[], p_undelivered boolean[]
) RETURNS text[] LANGUAGE plpgsql ${planning} AS ${body(`
DECLARE
    v_log ${logs};
    v_count integer := array_length(p_streams, 1);
    v_size bigint := (SELECT sum(octet_length(message)) FROM unnest(p_messages) AS message);
    v_start bigint;
    v_positions text[];
    v_events bigint;
    v_bytes bigint;
    v_streams bigint := 0;
    v_ischanged boolean := false;
BEGIN
    UPDATE ${logs} AS l SET
        last = greatest(l.last, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + v_count,
        events = l.events + v_count, bytes = l.bytes + v_size,
        expires_at = clock_timestamp() + p_ttl_ms * interval '1 millisecond'
        WHERE l.id = p_id AND NOT l.dropped AND l.expires_at > clock_timestamp()
        RETURNING * INTO v_log;
    IF NOT FOUND THEN
        v_log := ${t.named('_open_log')}(p_id, p_ttl_ms);
        IF v_log.dropped THEN
            RETURN array_fill(NULL::text, ARRAY[v_count]);
        END IF;
        v_log.last := greatest(v_log.last, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + v_count;
        v_log.events := v_log.events + v_count;
        v_log.bytes := v_log.bytes + v_size;
        v_ischanged := true;
    END IF;
    v_start := v_log.last - v_count;
    IF p_max_age_ms > 0 THEN
        v_log := ${t.named('_expire_events')}(v_log, p_max_age_ms);
        v_ischanged := true;
    END IF;
    IF v_count = 1 THEN
        INSERT INTO ${events} (log, position, at, undelivered, stream, answers, message)
            VALUES (v_log.no, v_log.last, clock_timestamp(), p_undelivered[1], p_streams[1], p_answers[1], p_messages[1])
            ON CONFLICT DO NOTHING;
        v_events := CASE WHEN FOUND THEN 1 ELSE 0 END;
        v_bytes := CASE WHEN FOUND THEN v_size ELSE 0 END;
        v_positions := ARRAY[CASE WHEN FOUND THEN v_log.last::text END];
        IF FOUND AND p_undelivered[1] THEN
            INSERT INTO ${streams} (log, stream, floor, used_at) VALUES (v_log.no, p_streams[1], v_log.gone, clock_timestamp())
                ON CONFLICT DO NOTHING;
            v_streams := CASE WHEN FOUND THEN 1 ELSE 0 END;
        END IF;
    ELSE
        WITH added AS (
            INSERT INTO ${events} (log, position, at, undelivered, stream, answers, message)
            SELECT v_log.no, v_start + e.number, clock_timestamp(), e.undelivered, e.stream, e.answers, e.message
            FROM unnest(p_streams, p_messages, p_answers, p_undelivered) WITH ORDINALITY
                AS e(stream, message, answers, undelivered, number)
            ORDER BY e.number
            ON CONFLICT DO NOTHING
            RETURNING position, stream, undelivered, octet_length(message) AS bytes
        ), noted AS (
            INSERT INTO ${streams} (log, stream, floor, used_at)
            SELECT DISTINCT v_log.no, stream, v_log.gone, clock_timestamp() FROM added WHERE undelivered
            ON CONFLICT DO NOTHING
            RETURNING 1
        )
        SELECT array_agg(added.position::text ORDER BY number), count(added.position), coalesce(sum(added.bytes), 0),
            (SELECT count(*) FROM noted)
            INTO v_positions, v_events, v_bytes, v_streams
            FROM generate_series(1, v_count) AS number LEFT JOIN added ON added.position = v_start + number;
    END IF;
    IF v_events < v_count OR v_streams > 0 THEN
        v_log.events := v_log.events - v_count + v_events;
        v_log.bytes := v_log.bytes - v_size + v_bytes;
        v_log.streams := v_log.streams + v_streams;
        v_ischanged := true;
    END IF;
    IF v_log.events > p_max_events OR v_log.bytes > p_max_bytes THEN
        -- Some more than needed, so that not every append has to.
        v_log := ${t.named('_trim_log')}(v_log, p_max_events - p_max_events / 16, p_max_bytes - p_max_bytes / 16);
        v_ischanged := true;
    END IF;
    IF v_log.streams > v_log.max_streams THEN
        v_log := ${t.named('_forget_streams')}(v_log);
    END IF;
    IF v_ischanged THEN
        PERFORM ${t.named('_save_log')}(v_log, p_ttl_ms);
    END IF;
    RETURN v_positions;
END`)};

-- A piece of one stream: behind the event at a position, or (p_since) behind a position, 0 for the very beginning. No row when the
-- position is of no use. Sees one moment of the log.
CREATE FUNCTION ${t.named('_read')}(
    p_id text, p_stream text, p_since boolean, p_position bigint, p_limit integer, p_max_bytes integer, p_max_age_ms double precision,
    OUT positions text[], OUT messages text[], OUT named text, OUT looked_to text, OUT more boolean, OUT reader text
) RETURNS SETOF record STABLE LANGUAGE plpgsql ${planning} AS ${body(`
DECLARE
    v_log ${logs};
    v_stream ${streams};
    v_event record;
    v_oldest timestamptz := clock_timestamp() - p_max_age_ms * interval '1 millisecond';
    v_bytes integer := 0;
BEGIN
    positions := '{}';
    messages := '{}';
    more := false;
    SELECT * INTO v_log FROM ${logs} WHERE id = p_id AND expires_at > clock_timestamp() AND NOT dropped;
    IF NOT FOUND THEN
        looked_to := '';
        IF p_since AND p_position = 0 THEN
            RETURN NEXT;
        END IF;
        RETURN;
    END IF;
    SELECT * INTO v_stream FROM ${streams} AS s WHERE s.log = v_log.no AND s.stream = p_stream;
    reader := v_stream.reader;
    IF p_since THEN
        IF p_position > v_log.last OR p_position BETWEEN 1 AND v_log.base THEN
            RETURN;
        END IF;
    ELSE
        SELECT e.message INTO named FROM ${events} AS e
            WHERE e.log = v_log.no AND e.position = p_position AND e.stream = p_stream AND (p_max_age_ms <= 0 OR e.at >= v_oldest);
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    IF p_position < coalesce(v_stream.floor, v_log.gone) THEN
        RETURN;
    END IF;
    looked_to := p_position::text;
    FOR v_event IN
        SELECT e.position, e.message, e.at FROM ${events} AS e
        WHERE e.log = v_log.no AND e.position > p_position AND e.stream = p_stream
        ORDER BY e.position LIMIT p_limit + 1
    LOOP
        IF p_max_age_ms > 0 AND v_event.at < v_oldest THEN
            RETURN; -- It counts as trimmed.
        END IF;
        IF array_length(positions, 1) >= p_limit OR v_bytes >= p_max_bytes THEN
            more := true;
            EXIT;
        END IF;
        positions := positions || v_event.position::text;
        messages := messages || v_event.message;
        v_bytes := v_bytes + octet_length(v_event.message);
        looked_to := v_event.position::text;
    END LOOP;
    IF NOT more THEN
        looked_to := CASE WHEN v_log.last = v_log.base THEN '' ELSE v_log.last::text END;
    END IF;
    RETURN NEXT;
END`)};

-- Makes somebody the one who reads a stream: always, only if nobody does, or only if p_held_by does.
CREATE FUNCTION ${t.named('_claim')}(
    p_id text, p_ttl_ms double precision, p_max_age_ms double precision, p_stream text, p_reader text, p_when text, p_held_by text,
    OUT granted boolean, OUT previous text, OUT delivered text, OUT kept text
) LANGUAGE plpgsql ${planning} AS ${body(`
DECLARE
    v_log ${logs};
    v_stream ${streams};
    v_isnew boolean;
BEGIN
    v_log := ${t.named('_open_log')}(p_id, p_ttl_ms);
    IF v_log.dropped THEN
        granted := p_when <> 'held';
        kept := '';
        RETURN;
    END IF;
    IF p_max_age_ms > 0 THEN
        v_log := ${t.named('_expire_events')}(v_log, p_max_age_ms);
    END IF;
    SELECT * INTO v_stream FROM ${streams} AS s WHERE s.log = v_log.no AND s.stream = p_stream;
    v_isnew := NOT FOUND;
    previous := v_stream.reader;
    delivered := nullif(v_stream.delivered, 0)::text;
    kept := coalesce(nullif(coalesce(v_stream.floor, v_log.gone), 0)::text, '');
    granted := p_when = 'always' OR (p_when = 'free' AND previous IS NULL) OR (p_when = 'held' AND coalesce(previous = p_held_by, false));
    IF granted AND v_isnew THEN
        INSERT INTO ${streams} (log, stream, reader, floor, used_at) VALUES (v_log.no, p_stream, p_reader, v_log.gone, clock_timestamp());
        v_log.streams := v_log.streams + 1;
        IF v_log.streams > v_log.max_streams THEN
            v_log := ${t.named('_forget_streams')}(v_log);
        END IF;
    ELSIF granted THEN
        UPDATE ${streams} AS s SET reader = p_reader, used_at = clock_timestamp() WHERE s.log = v_log.no AND s.stream = p_stream;
    END IF;
    PERFORM ${t.named('_save_log')}(v_log, p_ttl_ms);
END`)};

-- A reader lets a stream go, and says how far it has passed it on, 0 for nothing. Never makes a log, nor makes it live longer.
CREATE FUNCTION ${t.named('_release')}(p_id text, p_stream text, p_reader text, p_delivered bigint) RETURNS void
LANGUAGE plpgsql AS ${body(`
DECLARE
    v_log ${logs};
    v_delivered bigint;
BEGIN
    SELECT * INTO v_log FROM ${logs} WHERE id = p_id FOR UPDATE;
    IF NOT FOUND OR v_log.dropped OR v_log.expires_at <= clock_timestamp() THEN
        RETURN;
    END IF;
    v_delivered := CASE WHEN p_delivered > v_log.base AND p_delivered <= v_log.last THEN p_delivered ELSE 0 END;
    UPDATE ${streams} AS s
        SET reader = CASE WHEN s.reader = p_reader THEN NULL ELSE s.reader END,
            delivered = greatest(s.delivered, v_delivered),
            used_at = clock_timestamp()
        WHERE s.log = v_log.no AND s.stream = p_stream;
    IF NOT FOUND AND v_delivered > 0 THEN
        INSERT INTO ${streams} (log, stream, delivered, floor, used_at)
            VALUES (v_log.no, p_stream, v_delivered, v_log.gone, clock_timestamp());
        UPDATE ${logs} SET streams = streams + 1 WHERE id = p_id;
    END IF;
END`)};

-- Removes a log, and leaves a mark for a while by which appends that come late are refused.
CREATE FUNCTION ${t.named('_drop')}(p_id text, p_refuse_ms double precision) RETURNS void LANGUAGE plpgsql AS ${body(`
DECLARE
    v_log ${logs};
    v_end timestamptz := clock_timestamp() + p_refuse_ms * interval '1 millisecond';
BEGIN
    v_log := ${t.named('_open_log')}(p_id, p_refuse_ms);
    DELETE FROM ${events} WHERE log = v_log.no;
    DELETE FROM ${streams} WHERE log = v_log.no;
    UPDATE ${logs} SET
        base = v_log.last, first = v_log.last, skipped = v_log.last, gone = 0, events = 0, bytes = 0, streams = 0, max_streams = 2048,
        dropped = true, expires_at = v_end, sweep_at = v_end
    WHERE id = p_id;
END`)};
`;
}
