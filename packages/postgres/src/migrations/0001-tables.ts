import type { Tables } from '../tables.js';

/**
 * The tables. What changes often (`touched_at`, `expires_at`, the end of a log) is in no index, so that an update stays on
 * its page (HOT) and writes no index; room for that is left by the fill factors. The sweeper finds rows by `sweep_at`, which
 * is never later than `expires_at` and is only moved on by the sweeper itself. Where there are caps, those that are not counted
 * yet are few, and found by an index that is small elsewhere, too: all its keys are alike.
 */
export function tables(t: Tables): string {
    return `
CREATE TABLE ${t.sessions} (
    id text COLLATE "C" PRIMARY KEY,
    data text NOT NULL,
    revision bigint NOT NULL,
    principal text COLLATE "C",
    counted boolean NOT NULL,
    touched_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    sweep_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX ${t.index('_sweep')} ON ${t.sessions} (sweep_at);
CREATE INDEX ${t.index('_uncounted')} ON ${t.sessions} (counted) WHERE NOT counted;

CREATE TABLE ${t.named('_counts')} (
    principal text COLLATE "C" PRIMARY KEY,
    sessions bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE ${t.named('_logs')} (
    id text COLLATE "C" PRIMARY KEY,
    no bigint GENERATED ALWAYS AS IDENTITY,
    base bigint NOT NULL,
    last bigint NOT NULL,
    first bigint NOT NULL,
    skipped bigint NOT NULL,
    gone bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    streams bigint NOT NULL DEFAULT 0,
    max_streams bigint NOT NULL DEFAULT 2048,
    dropped boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL,
    sweep_at timestamptz NOT NULL
) WITH (fillfactor = 75);
CREATE INDEX ${t.index('_logs_sweep')} ON ${t.named('_logs')} (sweep_at);

CREATE TABLE ${t.named('_events')} (
    log bigint NOT NULL,
    position bigint NOT NULL,
    at timestamptz NOT NULL,
    undelivered boolean NOT NULL,
    stream text COLLATE "C" NOT NULL,
    answers text COLLATE "C",
    message text NOT NULL,
    PRIMARY KEY (log, position)
);
CREATE UNIQUE INDEX ${t.index('_events_answers')} ON ${t.named('_events')} (log, answers) WHERE answers IS NOT NULL;

CREATE TABLE ${t.named('_streams')} (
    log bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    reader text COLLATE "C",
    delivered bigint NOT NULL DEFAULT 0,
    floor bigint NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (log, stream)
) WITH (fillfactor = 70);

CREATE UNLOGGED TABLE ${t.named('_mail')} (
    address text COLLATE "C" NOT NULL,
    id bigint NOT NULL,
    before bigint NOT NULL,
    message text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (address, id)
);

CREATE TABLE ${t.named('_locks')} (
    name text COLLATE "C" PRIMARY KEY,
    token bigint GENERATED ALWAYS AS IDENTITY,
    holder text COLLATE "C" NOT NULL,
    ends_at timestamptz NOT NULL
) WITH (fillfactor = 50);
`;
}
