-- Who must act is told, by e-mail and by webhook.

ALTER TABLE accounts ADD COLUMN email TEXT;

-- What was told to whom, or is still to be. It is no state of the plant: it says
-- nothing that the audit log does not say, so a change to it comes without an event,
-- but for a notice that finally failed.
CREATE TABLE notices (
    id          TEXT PRIMARY KEY,
    -- The event of the audit log that it tells of.
    event       BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    account     TEXT   NOT NULL REFERENCES accounts (name),
    channel     TEXT   NOT NULL CHECK (channel IN ('email', 'webhook')),
    -- Which webhook; empty for an e-mail, whose address is the account's.
    webhook     TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    tries       BIGINT NOT NULL DEFAULT 0,
    sent_at     BIGINT,
    failed_at   BIGINT,
    last_error  TEXT,
    -- Nothing is told twice, whatever is looked at again after a restart.
    UNIQUE (event, kind, account, channel, webhook),
    CHECK (sent_at IS NULL OR failed_at IS NULL),
    CHECK ((channel = 'email') = (webhook = ''))
);
CREATE INDEX notices_waiting ON notices (channel, webhook, next_try_at)
    WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX notices_by_path ON notices (path);
CREATE INDEX notices_by_age ON notices (created_at);

-- A request's notices belong to the event by which it was filed.
CREATE INDEX audit_filed ON audit (subject) WHERE action = 'request.filed';

-- The last event that was looked at.
CREATE TABLE notice_cursor (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    event BIGINT NOT NULL
);
