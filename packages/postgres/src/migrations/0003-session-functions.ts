import { body } from './body.js';
import type { Tables } from '../tables.js';

/**
 * Sessions are counted where there are caps: `counted` says of which. Whoever changes the counts holds the row of the total
 * (principal `''`), and takes it after all rows of sessions: so nobody waits for somebody who waits for him.
 */
export function sessionFunctions(t: Tables): string {
    const [sessions, counts] = [t.sessions, t.named('_counts')];
    return `
-- Counts so many sessions of a principal more, or less.
CREATE FUNCTION ${t.named('_count')}(p_principal text, p_change bigint) RETURNS void LANGUAGE plpgsql AS ${body(`
BEGIN
    INSERT INTO ${counts} AS c VALUES ('', greatest(0, p_change))
        ON CONFLICT (principal) DO UPDATE SET sessions = greatest(0, c.sessions + p_change);
    IF p_principal <> '' THEN
        INSERT INTO ${counts} AS c VALUES (p_principal, greatest(0, p_change))
            ON CONFLICT (principal) DO UPDATE SET sessions = greatest(0, c.sessions + p_change);
        DELETE FROM ${counts} WHERE principal = p_principal AND sessions = 0;
    END IF;
END`)};

-- Removes so many sessions that have expired, at most. Returns how many.
CREATE FUNCTION ${t.named('_remove_expired')}(p_limit integer) RETURNS bigint LANGUAGE plpgsql AS ${body(`
DECLARE
    v_now timestamptz := clock_timestamp();
    v_removed bigint := 0;
    v_group record;
BEGIN
    FOR v_group IN
        WITH removed AS (
            DELETE FROM ${sessions} WHERE expires_at <= v_now AND id IN (
                SELECT s.id FROM ${sessions} AS s WHERE s.sweep_at <= v_now AND s.expires_at <= v_now
                ORDER BY s.sweep_at LIMIT p_limit FOR UPDATE SKIP LOCKED
            )
            RETURNING principal, counted
        )
        SELECT principal, counted, count(*) AS number FROM removed GROUP BY principal, counted ORDER BY principal
    LOOP
        v_removed := v_removed + v_group.number;
        IF v_group.counted THEN
            PERFORM ${t.named('_count')}(coalesce(v_group.principal, ''), -v_group.number);
        END IF;
    END LOOP;
    RETURN v_removed;
END`)};

-- Counts so many sessions more, at most, of those that are not: they began where there were no caps. Returns how many. One that
-- somebody else is changing is left for the next time.
CREATE FUNCTION ${t.named('_admit')}(p_limit integer) RETURNS bigint LANGUAGE plpgsql AS ${body(`
DECLARE
    v_admitted bigint := 0;
    v_group record;
BEGIN
    FOR v_group IN
        WITH admitted AS (
            UPDATE ${sessions} SET counted = true WHERE NOT counted AND id IN (
                SELECT s.id FROM ${sessions} AS s WHERE NOT s.counted LIMIT p_limit FOR UPDATE SKIP LOCKED
            )
            RETURNING principal
        )
        SELECT principal, count(*) AS number FROM admitted GROUP BY principal ORDER BY principal
    LOOP
        v_admitted := v_admitted + v_group.number;
        PERFORM ${t.named('_count')}(coalesce(v_group.principal, ''), v_group.number);
    END LOOP;
    RETURN v_admitted;
END`)};

-- Sets the counts right, should somebody have changed the tables by hand. By how much they are wrong is found in one look at one
-- moment, since sessions and counts change together; nobody waits for that. One process at a time.
CREATE FUNCTION ${t.named('_recount')}(p_lock integer) RETURNS void LANGUAGE plpgsql AS ${body(`
DECLARE
    v_error record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(p_lock, 1) THEN
        RETURN;
    END IF;
    FOR v_error IN
        SELECT principal, sum(number)::bigint AS number FROM (
            SELECT c.principal, c.sessions AS number FROM ${counts} AS c
            UNION ALL SELECT '', -count(*) FROM ${sessions} AS s WHERE s.counted
            UNION ALL SELECT s.principal, -count(*) FROM ${sessions} AS s WHERE s.counted AND s.principal <> '' GROUP BY s.principal
        ) AS all_numbers GROUP BY principal HAVING sum(number) <> 0 ORDER BY principal
    LOOP
        PERFORM ${t.named('_count')}('', CASE v_error.principal WHEN '' THEN -v_error.number ELSE 0 END);
        IF v_error.principal <> '' THEN
            INSERT INTO ${counts} AS c VALUES (v_error.principal, greatest(0, -v_error.number))
                ON CONFLICT (principal) DO UPDATE SET sessions = greatest(0, c.sessions - v_error.number);
            DELETE FROM ${counts} WHERE principal = v_error.principal AND sessions = 0;
        END IF;
    END LOOP;
END`)};

-- Creates a session if there is none of this id and no cap is reached; null for no cap. Returns 'created', 'taken' or 'full'.
CREATE FUNCTION ${t.named('_create')}(
    p_id text, p_data text, p_revision bigint, p_principal text, p_ttl_ms double precision, p_max bigint, p_max_of_principal bigint
) RETURNS text LANGUAGE plpgsql AS ${body(`
DECLARE
    v_now timestamptz := clock_timestamp();
    v_old record;
    v_total bigint;
    v_of_principal bigint;
BEGIN
    DELETE FROM ${sessions} WHERE id = p_id AND expires_at <= v_now RETURNING principal, counted INTO v_old;
    IF FOUND AND v_old.counted THEN
        PERFORM ${t.named('_count')}(coalesce(v_old.principal, ''), -1);
    END IF;
    INSERT INTO ${sessions} (id, data, revision, principal, counted, touched_at, expires_at, sweep_at)
        SELECT p_id, p_data, p_revision, p_principal, true, v_now, ends, ends
        FROM (SELECT v_now + p_ttl_ms * interval '1 millisecond' AS ends) AS new
        ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    PERFORM ${t.named('_count')}(coalesce(p_principal, ''), 1);
    LOOP
        SELECT sessions INTO v_total FROM ${counts} WHERE principal = '';
        v_of_principal := 0;
        IF p_principal <> '' THEN
            SELECT sessions INTO v_of_principal FROM ${counts} WHERE principal = p_principal;
        END IF;
        EXIT WHEN coalesce(v_total <= p_max, true) AND coalesce(v_of_principal <= p_max_of_principal, true);
        IF ${t.named('_remove_expired')}(1000) = 0 THEN
            DELETE FROM ${sessions} WHERE id = p_id;
            PERFORM ${t.named('_count')}(coalesce(p_principal, ''), -1);
            RETURN 'full';
        END IF;
    END LOOP;
    RETURN 'created';
END`)};
`;
}
