-- A database that is shared with other machines holds runs of theirs beside its own.

ALTER TABLE core.runs ADD COLUMN machine VARCHAR;
COMMENT ON COLUMN core.runs.machine IS
    'Whose run it was, where the shared store brought it (MUNIMENT_STORE); NULL for a run into this database.';

COMMENT ON COLUMN core.audit.action IS 'What was done: run, retry, sql, show, status, diff, verify, export, share, encrypt; restored where the journal was gone and was written anew from this table.';
