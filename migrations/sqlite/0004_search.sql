-- The index of what was shown on screens. It is no state of the plant: all of it
-- can be made again from the recordings, so a change to it comes without an
-- event of the audit log.

CREATE TABLE screen_index (
    id         INTEGER PRIMARY KEY,
    session_id TEXT    NOT NULL,
    channel    BIGINT  NOT NULL,
    -- partial: being made, or left so by a stop; cut: only the first of it is
    -- there, since it was too much; failed: it could not be read; left_out: it is
    -- not to be searched.
    state      TEXT    NOT NULL
        CHECK (state IN ('partial', 'indexed', 'cut', 'failed', 'left_out')),
    lines      BIGINT  NOT NULL DEFAULT 0,
    UNIQUE (session_id, channel),
    FOREIGN KEY (session_id, channel) REFERENCES recordings (session_id, channel)
);

-- The row id says which recording a line is of: screen_index.id * 2^24 + line. So
-- the lines of one lie together, and no second index is needed to find them.
CREATE VIRTUAL TABLE screen_lines USING fts5 (
    text,
    at_ms UNINDEXED,
    tokenize = 'unicode61 remove_diacritics 0'
);

-- What is deleted leaves no words behind in the index.
INSERT INTO screen_lines (screen_lines, rank) VALUES ('secure-delete', 1);
