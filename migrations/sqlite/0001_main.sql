-- Instants are microseconds since 1970 UTC, ids are UUIDv7 as text, enums are
-- words as text: the same on every engine. JSON is kept as text and never
-- searched. History (requests, grants, sessions) names assets and conduits by
-- name and without a foreign key: it outlives what it speaks of.

CREATE TABLE plant (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    site       TEXT    NOT NULL,
    rules      TEXT    NOT NULL,
    applied_at BIGINT  NOT NULL
);

CREATE TABLE zones (
    name       TEXT PRIMARY KEY,
    definition TEXT NOT NULL
);

-- One conduit a zone: the only way into it.
CREATE TABLE conduits (
    name          TEXT PRIMARY KEY,
    zone          TEXT NOT NULL UNIQUE REFERENCES zones (name),
    definition    TEXT NOT NULL,
    closed_at     BIGINT,
    closed_by     TEXT,
    closed_reason TEXT,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_reason IS NULL))
);

CREATE TABLE assets (
    name       TEXT PRIMARY KEY,
    zone       TEXT NOT NULL REFERENCES zones (name),
    definition TEXT NOT NULL
);

-- An account is never deleted: a name never passes to another person.
CREATE TABLE accounts (
    name            TEXT PRIMARY KEY,
    full_name       TEXT   NOT NULL,
    company         TEXT   NOT NULL,
    role            TEXT   NOT NULL,
    -- plant: in the plant file; host: made on the broker's machine; removed: no
    -- longer in the plant file.
    managed         TEXT   NOT NULL CHECK (managed IN ('plant', 'host', 'removed')),
    password        TEXT,
    created_at      BIGINT NOT NULL,
    enabled_at      BIGINT NOT NULL,
    last_active_at  BIGINT,
    disabled_at     BIGINT,
    disabled_reason TEXT,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);

CREATE TABLE account_zones (
    account TEXT NOT NULL REFERENCES accounts (name),
    zone    TEXT NOT NULL,
    PRIMARY KEY (account, zone)
);

CREATE TABLE account_assets (
    account TEXT NOT NULL REFERENCES accounts (name),
    asset   TEXT NOT NULL,
    PRIMARY KEY (account, asset)
);

-- No foreign key: names that do not exist are counted like those that do.
CREATE TABLE sign_in_failures (
    account TEXT   NOT NULL,
    source  TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_by_account ON sign_in_failures (account, at);
CREATE INDEX sign_in_failures_by_source ON sign_in_failures (source, at);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (at);

-- When an attempt behind a lock was last written to the log: of an account and
-- an address, or, with an empty account, of an address that is shut out.
CREATE TABLE sign_in_locks_told (
    account TEXT   NOT NULL,
    source  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (account, source)
);
CREATE INDEX sign_in_locks_told_by_time ON sign_in_locks_told (at);

-- Only the SHA-256 of a token is kept.
CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    hash       BLOB   NOT NULL UNIQUE,
    account    TEXT   NOT NULL REFERENCES accounts (name),
    source     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tokens_by_account ON tokens (account);

CREATE TABLE requests (
    id           TEXT PRIMARY KEY,
    account      TEXT   NOT NULL REFERENCES accounts (name),
    asset        TEXT   NOT NULL,
    zone         TEXT   NOT NULL,
    protocol     TEXT   NOT NULL,
    purpose      TEXT   NOT NULL,
    work_order   TEXT,
    wanted_start BIGINT NOT NULL,
    wanted_end   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    extends      TEXT REFERENCES grants (id),
    state        TEXT   NOT NULL
        CHECK (state IN ('waiting', 'granted', 'denied', 'withdrawn', 'lapsed', 'cancelled')),
    state_at     BIGINT,
    state_by     TEXT,
    state_reason TEXT,
    grant_id     TEXT REFERENCES grants (id),
    CHECK (wanted_start < wanted_end),
    CHECK ((state = 'granted') = (grant_id IS NOT NULL))
);
CREATE INDEX requests_by_account ON requests (account, id);
CREATE INDEX requests_waiting ON requests (id) WHERE state = 'waiting';

-- The key says it: nobody approves one request twice.
CREATE TABLE approvals (
    request_id   TEXT   NOT NULL REFERENCES requests (id),
    approver     TEXT   NOT NULL REFERENCES accounts (name),
    at           BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end   BIGINT NOT NULL,
    note         TEXT,
    PRIMARY KEY (request_id, approver),
    CHECK (window_start < window_end)
);

-- The key says it: one request makes one grant.
CREATE TABLE grants (
    id           TEXT PRIMARY KEY,
    request_id   TEXT    NOT NULL UNIQUE REFERENCES requests (id),
    account      TEXT    NOT NULL REFERENCES accounts (name),
    asset        TEXT    NOT NULL,
    zone         TEXT    NOT NULL,
    protocol     TEXT    NOT NULL,
    window_start BIGINT  NOT NULL,
    window_end   BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    extensions   INTEGER NOT NULL DEFAULT 0,
    ended_at     BIGINT,
    ended_why    TEXT,
    ended_by     TEXT,
    ended_reason TEXT,
    CHECK (window_start < window_end),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX grants_not_ended ON grants (id) WHERE ended_at IS NULL;

-- Only the SHA-256 of a ticket is kept.
CREATE TABLE tickets (
    id         TEXT PRIMARY KEY,
    hash       BLOB   NOT NULL UNIQUE,
    grant_id   TEXT   NOT NULL REFERENCES grants (id),
    account    TEXT   NOT NULL REFERENCES accounts (name),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX tickets_by_account ON tickets (account);

CREATE TABLE sessions (
    id                TEXT PRIMARY KEY,
    grant_id          TEXT   NOT NULL REFERENCES grants (id),
    ticket_id         TEXT   NOT NULL UNIQUE,
    account           TEXT   NOT NULL REFERENCES accounts (name),
    asset             TEXT   NOT NULL,
    zone              TEXT   NOT NULL,
    conduit           TEXT   NOT NULL,
    protocol          TEXT   NOT NULL,
    source            TEXT   NOT NULL,
    opened_at         BIGINT NOT NULL,
    -- An order to end it, for the broker to carry out.
    end_ordered_at    BIGINT,
    end_ordered_by    TEXT,
    end_reason        TEXT,
    -- Set when the conduit closes over it: opening the conduit again at once
    -- must not spare it.
    conduit_closed_at BIGINT,
    closed_at         BIGINT,
    close_code        TEXT,
    close_by          TEXT,
    close_note        TEXT,
    CHECK ((end_ordered_at IS NULL) = (end_ordered_by IS NULL)),
    CHECK ((end_ordered_at IS NULL) = (end_reason IS NULL)),
    CHECK ((closed_at IS NULL) = (close_code IS NULL))
);
CREATE INDEX sessions_open ON sessions (conduit) WHERE closed_at IS NULL;
CREATE INDEX sessions_open_by_grant ON sessions (grant_id) WHERE closed_at IS NULL;

CREATE TABLE recordings (
    session_id   TEXT    NOT NULL REFERENCES sessions (id),
    channel      BIGINT  NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('shell', 'exec')),
    command      TEXT,
    has_terminal BOOLEAN NOT NULL,
    started_at   BIGINT  NOT NULL,
    ended_at     BIGINT,
    exit_status  BIGINT,
    bytes_in     BIGINT  NOT NULL DEFAULT 0,
    bytes_out    BIGINT  NOT NULL DEFAULT 0,
    state        TEXT    NOT NULL
        CHECK (state IN ('recording', 'complete', 'interrupted', 'failed')),
    -- What its manifest comes to, once it is sealed.
    lines        BIGINT,
    root         TEXT,
    PRIMARY KEY (session_id, channel),
    CHECK ((lines IS NULL) = (root IS NULL))
);
CREATE INDEX recordings_unsealed ON recordings (session_id) WHERE root IS NULL;

CREATE TABLE credentials (
    name   TEXT PRIMARY KEY,
    kind   TEXT   NOT NULL CHECK (kind IN ('password', 'private_key')),
    sealed BLOB   NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT   NOT NULL UNIQUE,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    source  TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    before  TEXT,
    after   TEXT,
    reason  TEXT
);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- INSERT OR REPLACE deletes without the trigger above.
CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
