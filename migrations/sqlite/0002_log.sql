-- The transparency log. Event number n of the table audit is leaf n - 1 of an
-- RFC 6962 tree, which is kept as its complete subtrees: of 2^level leaves each,
-- n being its place among those of its level. All of it is only ever added to.

CREATE TABLE log_nodes (
    level INTEGER NOT NULL,
    n     BIGINT  NOT NULL,
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, n)
) WITHOUT ROWID;

CREATE TRIGGER log_nodes_are_never_changed BEFORE UPDATE ON log_nodes
BEGIN
    SELECT RAISE(ABORT, 'the transparency log is append-only');
END;

CREATE TRIGGER log_nodes_are_never_deleted BEFORE DELETE ON log_nodes
BEGIN
    SELECT RAISE(ABORT, 'the transparency log is append-only');
END;

-- INSERT OR REPLACE deletes without the trigger above.
CREATE TRIGGER log_nodes_are_never_replaced BEFORE INSERT ON log_nodes
WHEN EXISTS (SELECT 1 FROM log_nodes WHERE level = NEW.level AND n = NEW.n)
BEGIN
    SELECT RAISE(ABORT, 'the transparency log is append-only');
END;

-- One for each size that was signed; signed again, it gets a newer time.
CREATE TABLE log_checkpoints (
    size BIGINT PRIMARY KEY,
    root BLOB   NOT NULL CHECK (length(root) = 32),
    at   BIGINT NOT NULL,
    note TEXT   NOT NULL
);

CREATE TRIGGER log_checkpoints_are_never_changed BEFORE UPDATE ON log_checkpoints
WHEN NEW.size <> OLD.size OR NEW.root <> OLD.root
BEGIN
    SELECT RAISE(ABORT, 'the transparency log is append-only');
END;

CREATE TRIGGER log_checkpoints_are_never_deleted BEFORE DELETE ON log_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'the transparency log is append-only');
END;

CREATE TRIGGER log_checkpoints_are_never_replaced BEFORE INSERT ON log_checkpoints
WHEN EXISTS (SELECT 1 FROM log_checkpoints WHERE size = NEW.size AND root <> NEW.root)
BEGIN
    SELECT RAISE(ABORT, 'the transparency log is append-only');
END;

-- Signatures of witnesses, as lines of the checkpoint's note.
CREATE TABLE log_cosignatures (
    size   BIGINT NOT NULL REFERENCES log_checkpoints (size),
    name   TEXT   NOT NULL,
    key_id BLOB   NOT NULL,
    line   TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (size, name, key_id)
);

-- The log's keys, one after another; only the public halves. A key that follows
-- another is handed over to by a note, unless the former one was lost.
CREATE TABLE log_keys (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    key      TEXT   NOT NULL UNIQUE,
    size     BIGINT NOT NULL,
    handover TEXT,
    at       BIGINT NOT NULL
);

CREATE TRIGGER log_keys_are_never_changed BEFORE UPDATE ON log_keys
BEGIN
    SELECT RAISE(ABORT, 'the keys of the transparency log are append-only');
END;

CREATE TRIGGER log_keys_are_never_deleted BEFORE DELETE ON log_keys
BEGIN
    SELECT RAISE(ABORT, 'the keys of the transparency log are append-only');
END;

CREATE TRIGGER log_keys_are_never_replaced BEFORE INSERT ON log_keys
WHEN EXISTS (SELECT 1 FROM log_keys WHERE number = NEW.number OR key = NEW.key)
BEGIN
    SELECT RAISE(ABORT, 'the keys of the transparency log are append-only');
END;

-- A recording's seal is looked for by its session, among all events.
CREATE INDEX audit_seals ON audit (subject) WHERE action = 'recording.sealed';
