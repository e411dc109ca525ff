-- Which file holds which document now, what replaced what, and how each run's figures compare with those before.

CREATE TABLE core.files (
    path          VARCHAR PRIMARY KEY,
    document_id   VARCHAR NOT NULL,
    first_seen_at TIMESTAMP NOT NULL,
    last_seen_at  TIMESTAMP NOT NULL,
    missing_since TIMESTAMP
);
COMMENT ON TABLE core.files IS 'One row per place where a run found a document: what lies there now, or lay there last.';
COMMENT ON COLUMN core.files.path IS 'The whole path; a file inside an archive or mail has a path below it.';
COMMENT ON COLUMN core.files.document_id IS 'SHA-256 of the bytes that were last found there (core.documents, where they could be read).';
COMMENT ON COLUMN core.files.first_seen_at IS 'When these bytes were first found there (UTC).';
COMMENT ON COLUMN core.files.last_seen_at IS 'When they were last found there (UTC).';
COMMENT ON COLUMN core.files.missing_since IS 'When a run over its folder first missed the file (UTC); NULL while it is there. Its document is kept.';

CREATE TABLE core.supersessions (
    path          VARCHAR NOT NULL,
    document_id   VARCHAR NOT NULL,
    superseded_by VARCHAR NOT NULL,
    superseded_at TIMESTAMP NOT NULL,
    run_id        VARCHAR NOT NULL,
    PRIMARY KEY (path, document_id, run_id)
);
COMMENT ON TABLE core.supersessions IS 'One row per time that a file was replaced by other bytes under the same name.';
COMMENT ON COLUMN core.supersessions.path IS 'The file (core.files).';
COMMENT ON COLUMN core.supersessions.document_id IS 'The document that lay there before.';
COMMENT ON COLUMN core.supersessions.superseded_by IS 'The document that took its place.';
COMMENT ON COLUMN core.supersessions.superseded_at IS 'When a run found that (UTC).';
COMMENT ON COLUMN core.supersessions.run_id IS 'That run (core.runs).';

-- What earlier versions stored: the newest document of a path is the one that lies there.
INSERT INTO core.files
SELECT path, arg_max(document_id, stored_at), arg_max(stored_at, stored_at), max(stored_at), NULL
FROM core.documents WHERE starts_with(path, '/') GROUP BY path;

INSERT INTO core.supersessions
SELECT d.path, d.document_id, f.document_id, f.first_seen_at, n.run_id
FROM core.documents AS d
JOIN core.files AS f ON f.path = d.path AND f.document_id <> d.document_id
JOIN core.documents AS n ON n.document_id = f.document_id;

CREATE VIEW core.superseded AS
SELECT s.document_id, arg_max(s.superseded_by, s.superseded_at) AS superseded_by,
    arg_max(s.path, s.superseded_at) AS path, max(s.superseded_at) AS superseded_at
FROM core.supersessions AS s
WHERE s.document_id NOT IN (SELECT document_id FROM core.files)
GROUP BY s.document_id;
COMMENT ON VIEW core.superseded IS 'One row per document that was replaced and lies in no place any more. The typed views and the schema current leave these out; the core tables keep them.';
COMMENT ON COLUMN core.superseded.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.superseded.superseded_by IS 'The document that took its place last.';
COMMENT ON COLUMN core.superseded.path IS 'The file in which it did (core.files).';
COMMENT ON COLUMN core.superseded.superseded_at IS 'When a run found that (UTC).';

CREATE TABLE core.quality (
    run_id  VARCHAR NOT NULL,
    domain  VARCHAR NOT NULL,
    measure VARCHAR NOT NULL CHECK (measure IN ('found', 'abstained', 'ocr')),
    field   VARCHAR NOT NULL,
    hits    INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    PRIMARY KEY (run_id, domain, measure, field)
);
COMMENT ON TABLE core.quality IS 'One row per run and figure that should stay much the same while documents and models do.';
COMMENT ON COLUMN core.quality.run_id IS 'The run (core.runs).';
COMMENT ON COLUMN core.quality.domain IS 'The domain of the documents (core.domains).';
COMMENT ON COLUMN core.quality.measure IS 'found or abstained: documents whose field was ruled so. ocr: documents with a page read by OCR or by nothing.';
COMMENT ON COLUMN core.quality.field IS 'The field (core.fields); empty for ocr.';
COMMENT ON COLUMN core.quality.hits IS 'How many documents it holds for.';
COMMENT ON COLUMN core.quality.total IS 'Of how many that the run searched.';

CREATE VIEW core.drift AS
WITH counted AS (
    SELECT q.run_id, r.started_at, q.domain, q.measure, q.field, q.hits, q.total,
        coalesce(sum(q.hits) OVER earlier, 0) AS earlier_hits, coalesce(sum(q.total) OVER earlier, 0) AS earlier_total
    FROM core.quality AS q JOIN core.runs AS r USING (run_id)
    WINDOW earlier AS (PARTITION BY q.domain, q.measure, q.field ORDER BY r.started_at, q.run_id
        ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING)
), shares AS (
    SELECT *, (hits + 1) / (total + 2) AS share, (earlier_hits + 1) / (earlier_total + 2) AS earlier_share
    FROM counted WHERE earlier_total > 0
), compared AS (
    SELECT *, (share - earlier_share) / sqrt(share * (1 - share) / (total + 2)
        + earlier_share * (1 - earlier_share) / (earlier_total + 2)) AS standard_errors
    FROM shares
)
SELECT run_id, started_at, domain, measure, field, hits, total, CAST(earlier_hits AS INTEGER) AS earlier_hits,
    CAST(earlier_total AS INTEGER) AS earlier_total, standard_errors, abs(standard_errors) > 3 AS is_drift
FROM compared;
COMMENT ON VIEW core.drift IS 'One row per figure of a run that has runs before it: how far its share lies from that of up to 20 runs before. Two binomial shares compared with one success and one failure added to each (Agresti and Caffo 2000), which holds for few documents, too.';
COMMENT ON COLUMN core.drift.run_id IS 'The run (core.runs).';
COMMENT ON COLUMN core.drift.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN core.drift.domain IS 'The domain of the documents (core.domains).';
COMMENT ON COLUMN core.drift.measure IS 'found, abstained or ocr (core.quality).';
COMMENT ON COLUMN core.drift.field IS 'The field (core.fields); empty for ocr.';
COMMENT ON COLUMN core.drift.hits IS 'How many documents of the run it holds for.';
COMMENT ON COLUMN core.drift.total IS 'Of how many.';
COMMENT ON COLUMN core.drift.earlier_hits IS 'How many documents of the runs before it held for.';
COMMENT ON COLUMN core.drift.earlier_total IS 'Of how many.';
COMMENT ON COLUMN core.drift.standard_errors IS 'The difference of the two shares in its standard errors; negative where the run has less.';
COMMENT ON COLUMN core.drift.is_drift IS 'Whether that is more than three. Of 1,000 figures that did not change, about three are flagged by chance.';
