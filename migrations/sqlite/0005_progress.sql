-- What is committed to of a recording under way is an event of the log, and nothing
-- else: events are append-only as they are. It is looked for by its session.
CREATE INDEX audit_progress ON audit (subject) WHERE action = 'recording.progress';
