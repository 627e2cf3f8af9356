-- What people of the plant do to a session while it runs.

ALTER TABLE sessions ADD COLUMN let_in_at BIGINT;
ALTER TABLE sessions ADD COLUMN let_in_by TEXT
    CHECK ((let_in_at IS NULL) = (let_in_by IS NULL));

-- Emptied when input flows again: the audit log has what was.
ALTER TABLE sessions ADD COLUMN paused_at BIGINT;
ALTER TABLE sessions ADD COLUMN paused_by TEXT
    CHECK ((paused_at IS NULL) = (paused_by IS NULL));
ALTER TABLE sessions ADD COLUMN paused_reason TEXT
    CHECK (paused_reason IS NULL OR paused_at IS NOT NULL);

-- In the order in which they were sent; a number is never given twice.
CREATE TABLE session_messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT   NOT NULL REFERENCES sessions (id),
    at         BIGINT NOT NULL,
    by         TEXT   NOT NULL REFERENCES accounts (name),
    text       TEXT   NOT NULL
);
CREATE INDEX session_messages_by_session ON session_messages (session_id, id);

-- Who watches, or watched, so that it counts. Who only looks is in the audit log.
CREATE TABLE watches (
    id         TEXT PRIMARY KEY,
    session_id TEXT   NOT NULL REFERENCES sessions (id),
    account    TEXT   NOT NULL REFERENCES accounts (name),
    source     TEXT   NOT NULL,
    began_at   BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX watches_open ON watches (session_id) WHERE ended_at IS NULL;
