-- Retention, legal holds, and recordings shared with people without an account.

-- The zone's retention when the recording began, in seconds: a plant file that
-- shortens it later, or drops the zone, takes nothing back. NULL for recordings
-- that are older than this column.
ALTER TABLE recordings ADD COLUMN retention_seconds BIGINT;

-- From then on its files go, but for the manifest.
ALTER TABLE recordings ADD COLUMN purged_at BIGINT;
CREATE INDEX recordings_purged ON recordings (session_id, channel) WHERE purged_at IS NOT NULL;

CREATE TABLE holds (
    id             TEXT PRIMARY KEY,
    session_id     TEXT REFERENCES sessions (id),
    zone           TEXT,
    placed_at      BIGINT NOT NULL,
    placed_by      TEXT   NOT NULL,
    reason         TEXT   NOT NULL,
    released_at    BIGINT,
    released_by    TEXT,
    release_reason TEXT,
    CHECK ((session_id IS NULL) <> (zone IS NULL)),
    CHECK ((released_at IS NULL) = (released_by IS NULL)),
    CHECK ((released_at IS NULL) = (release_reason IS NULL))
);
CREATE INDEX holds_in_force ON holds (id) WHERE released_at IS NULL;

CREATE TRIGGER holds_are_never_deleted BEFORE DELETE ON holds
BEGIN
    SELECT RAISE(ABORT, 'holds are never deleted, only released');
END;

CREATE TRIGGER holds_are_only_released BEFORE UPDATE ON holds
WHEN OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
    OR OLD.id <> NEW.id OR OLD.session_id IS NOT NEW.session_id OR OLD.zone IS NOT NEW.zone
    OR OLD.placed_at <> NEW.placed_at OR OLD.placed_by <> NEW.placed_by
    OR OLD.reason <> NEW.reason
BEGIN
    SELECT RAISE(ABORT, 'of a hold only its release is written, once');
END;

-- INSERT OR REPLACE deletes without the trigger above.
CREATE TRIGGER holds_are_never_replaced BEFORE INSERT ON holds
WHEN EXISTS (SELECT 1 FROM holds WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'holds are never replaced');
END;

-- Only the SHA-256 of a link's token is kept.
CREATE TABLE shares (
    id         TEXT PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE,
    session_id TEXT    NOT NULL,
    channel    BIGINT  NOT NULL,
    input      BOOLEAN NOT NULL,
    note       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    created_by TEXT    NOT NULL REFERENCES accounts (name),
    expires_at BIGINT  NOT NULL,
    revoked_at BIGINT,
    revoked_by TEXT,
    openings   BIGINT  NOT NULL DEFAULT 0,
    opened_at  BIGINT,
    FOREIGN KEY (session_id, channel) REFERENCES recordings (session_id, channel),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX shares_by_session ON shares (session_id);

-- Links that were tried and led nowhere, by network.
CREATE TABLE share_failures (
    network TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX share_failures_by_network ON share_failures (network, at);
CREATE INDEX share_failures_by_time ON share_failures (at);
