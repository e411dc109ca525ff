CREATE TABLE core.audit (
    number      BIGINT PRIMARY KEY,
    happened_at TIMESTAMP NOT NULL,
    who         VARCHAR NOT NULL,
    action      VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    previous    VARCHAR NOT NULL,
    hash        VARCHAR NOT NULL
);
COMMENT ON TABLE core.audit IS 'One row per use of this database: who ran, retried, read or exported what, and when. Rows are only ever added; each is chained to the one before, and muniment verify names a changed, removed or reordered one. Uses since the last run are in the journal beside the database (its name with .audit) until the next run adds them.';
COMMENT ON COLUMN core.audit.number IS 'Position in the chain, from 1.';
COMMENT ON COLUMN core.audit.happened_at IS 'When it was begun (UTC).';
COMMENT ON COLUMN core.audit.who IS 'The user of the operating system.';
COMMENT ON COLUMN core.audit.action IS 'What was done: run, retry, sql, show, status, diff, verify, export, encrypt; restored where the journal was gone and was written anew from this table.';
COMMENT ON COLUMN core.audit.subject IS 'To what: a run or two (core.runs), a document (core.documents), the name of a query or the SHA-256 of its SQL (which may name people); empty where it was the whole database.';
COMMENT ON COLUMN core.audit.previous IS 'Hash of the row before; 64 zeros for the first.';
COMMENT ON COLUMN core.audit.hash IS 'SHA-256 over the other columns as a JSON list in their order, the time as in 2026-03-01T22:00:00.000000.';
