-- A browser's login is a cookie, which a program's never is, and the other way
-- round. Its own words about itself help its owner to recognise it.
ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'bearer'
    CHECK (kind IN ('bearer', 'browser'));
ALTER TABLE tokens ADD COLUMN agent TEXT;
