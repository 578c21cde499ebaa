import { body } from './body.js';
import type { Tables } from '../tables.js';

/** What nodes need of each other: mail, locks, and somebody who sweeps. */
export function clusterFunctions(t: Tables): string {
    const [sessions, logs, events, streams] = [t.sessions, t.named('_logs'), t.named('_events'), t.named('_streams')];
    const [mail, locks] = [t.named('_mail'), t.named('_locks')];
    return `
-- Puts a message behind all others of an address. One at a time for each address, so that none is passed over by who collects.
CREATE FUNCTION ${t.named('_post')}(
    p_group integer, p_key integer, p_address text, p_message text, p_keep_ms double precision, p_max bigint
) RETURNS void LANGUAGE plpgsql AS ${body(`
DECLARE
    v_before bigint;
    v_id bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(p_group, p_key);
    SELECT coalesce(max(id), 0) INTO v_before FROM ${mail} WHERE address = p_address;
    v_id := greatest(v_before + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    INSERT INTO ${mail} VALUES (p_address, v_id, v_before, p_message, clock_timestamp() + p_keep_ms * interval '1 millisecond');
    IF v_id % 32 = 0 THEN
        DELETE FROM ${mail} WHERE address = p_address
            AND id <= (SELECT m.id FROM ${mail} AS m WHERE m.address = p_address ORDER BY m.id DESC OFFSET p_max LIMIT 1);
    END IF;
END`)};

-- What has come to some addresses, each behind a position: null for this moment.
CREATE FUNCTION ${t.named('_collect')}(
    p_addresses text[], p_cursors bigint[], p_limit integer, p_max_bytes bigint,
    OUT address text, OUT reached text, OUT missed boolean, OUT messages text[]
) RETURNS SETOF record STABLE LANGUAGE plpgsql AS ${body(`
DECLARE
    v_newest bigint;
    v_cursor bigint;
    v_letter record;
    v_bytes bigint := 0;
BEGIN
    FOR i IN 1 .. coalesce(array_length(p_addresses, 1), 0) LOOP
        address := p_addresses[i];
        v_cursor := p_cursors[i];
        missed := false;
        messages := '{}';
        SELECT max(m.id) INTO v_newest FROM ${mail} AS m WHERE m.address = p_addresses[i];
        IF v_cursor IS NULL THEN
            v_cursor := coalesce(v_newest, 0);
        ELSIF v_newest < v_cursor THEN
            -- The mail began anew under an earlier clock.
            v_cursor := 0;
            missed := true;
        END IF;
        FOR v_letter IN
            SELECT m.id, m.before, m.message FROM ${mail} AS m
            WHERE m.address = p_addresses[i] AND m.id > v_cursor ORDER BY m.id LIMIT p_limit
        LOOP
            missed := missed OR v_letter.before > v_cursor;
            v_cursor := v_letter.id;
            messages := messages || v_letter.message;
            v_bytes := v_bytes + octet_length(v_letter.message);
            EXIT WHEN v_bytes > p_max_bytes;
        END LOOP;
        reached := v_cursor::text;
        RETURN NEXT;
    END LOOP;
END`)};

-- Takes a lock that nobody holds, or holds it longer. Returns the token, null when another holds it. A token is given out while
-- the row is locked, so they grow in the order of the grants.
CREATE FUNCTION ${t.named('_acquire')}(p_name text, p_holder text, p_lease_ms double precision) RETURNS bigint LANGUAGE plpgsql AS ${body(`
DECLARE
    v_lock ${locks};
    v_now timestamptz;
    v_token bigint;
BEGIN
    LOOP
        SELECT * INTO v_lock FROM ${locks} WHERE name = p_name FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO ${locks} (name, holder, ends_at) VALUES (p_name, '', '-infinity') ON CONFLICT (name) DO NOTHING;
    END LOOP;
    v_now := clock_timestamp();
    IF v_lock.ends_at <= v_now THEN
        UPDATE ${locks} SET token = DEFAULT, holder = p_holder, ends_at = v_now + p_lease_ms * interval '1 millisecond'
            WHERE name = p_name RETURNING token INTO v_token;
    ELSIF v_lock.holder = p_holder THEN
        UPDATE ${locks} SET ends_at = v_now + p_lease_ms * interval '1 millisecond' WHERE name = p_name RETURNING token INTO v_token;
    END IF;
    RETURN v_token;
END`)};

-- Removes what has expired, a batch of each kind. Returns how much it looked at: there may be more when that is the limit.
-- One at a time; what others have locked comes next time.
CREATE FUNCTION ${t.named('_sweep')}(p_group integer, p_limit integer) RETURNS bigint LANGUAGE plpgsql AS ${body(`
DECLARE
    v_now timestamptz := clock_timestamp();
    v_looked bigint;
    v_moved bigint;
    v_removed bigint := 0;
    v_some bigint;
    v_log record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(p_group, 0) THEN
        RETURN 0;
    END IF;
    -- What is removed twice is removed.
    PERFORM set_config('synchronous_commit', 'off', true);
    WITH due AS (
        SELECT id FROM ${sessions} WHERE sweep_at <= v_now AND expires_at > v_now
        ORDER BY sweep_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    )
    UPDATE ${sessions} AS s SET sweep_at = s.expires_at FROM due WHERE s.id = due.id;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    v_looked := greatest(v_moved, ${t.named('_remove_expired')}(p_limit));

    v_some := 0;
    FOR v_log IN
        SELECT id, no, expires_at FROM ${logs} WHERE sweep_at <= v_now
        ORDER BY sweep_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    LOOP
        v_some := v_some + 1;
        IF v_log.expires_at > v_now THEN
            UPDATE ${logs} SET sweep_at = expires_at WHERE id = v_log.id;
        ELSE
            DELETE FROM ${streams} WHERE log = v_log.no;
            DELETE FROM ${events} WHERE log = v_log.no;
            GET DIAGNOSTICS v_moved = ROW_COUNT;
            v_removed := v_removed + v_moved;
            DELETE FROM ${logs} WHERE id = v_log.id;
            IF v_removed >= 10 * p_limit THEN
                v_some := p_limit;
                EXIT;
            END IF;
        END IF;
    END LOOP;
    v_looked := greatest(v_looked, v_some);

    DELETE FROM ${mail} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${mail} WHERE expires_at <= v_now LIMIT p_limit FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS v_some = ROW_COUNT;
    v_looked := greatest(v_looked, v_some);
    DELETE FROM ${locks} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${locks} WHERE ends_at <= v_now LIMIT p_limit FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS v_some = ROW_COUNT;
    RETURN greatest(v_looked, v_some);
END`)};
`;
}
