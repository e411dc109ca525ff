-- What people decided about findings. Rows are added and never changed; what of them stands now is core.placements.

CREATE TABLE core.reviews (
    review_id         VARCHAR PRIMARY KEY,
    document_id       VARCHAR NOT NULL,
    field             VARCHAR NOT NULL,
    decision          VARCHAR NOT NULL CHECK (decision IN ('accept', 'correct', 'reject', 'add', 'absent')),
    finding_id        VARCHAR,
    judged            STRUCT(char_start INTEGER, char_end INTEGER, quote VARCHAR, before VARCHAR, after VARCHAR),
    chosen            STRUCT(char_start INTEGER, char_end INTEGER, quote VARCHAR, before VARCHAR, after VARCHAR),
    judged_score      DOUBLE NOT NULL,
    judged_source     VARCHAR,
    reviewer          VARCHAR NOT NULL,
    reviewed_at       TIMESTAMP NOT NULL,
    parser            VARCHAR NOT NULL,
    tagger            VARCHAR NOT NULL,
    rules             VARCHAR NOT NULL,
    text_sha256       VARCHAR NOT NULL
);
COMMENT ON TABLE core.reviews IS 'One row per decision of a person about a finding or a field. Append-only; the latest decision about a place or field counts, and outlives every later run.';
COMMENT ON COLUMN core.reviews.review_id IS 'Names the decision; sending one twice stores it once.';
COMMENT ON COLUMN core.reviews.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.reviews.field IS 'The field that was decided about (core.fields).';
COMMENT ON COLUMN core.reviews.decision IS 'accept: the finding is right. correct: other words are right (chosen). reject: the finding is wrong. add: words that were missed. absent: the document has no such words.';
COMMENT ON COLUMN core.reviews.finding_id IS 'The finding decided about, as it was then; NULL for add and absent.';
COMMENT ON COLUMN core.reviews.judged IS 'Place and words of the finding decided about, with up to 40 characters before and after; NULL for add and absent.';
COMMENT ON COLUMN core.reviews.chosen IS 'Place and words that the reviewer says are right, with up to 40 characters before and after; NULL for reject and absent.';
COMMENT ON COLUMN core.reviews.judged_score IS 'Probability that the model or the rules gave the finding; for add and absent, the best score of the field''s ruling.';
COMMENT ON COLUMN core.reviews.judged_source IS 'What had proposed the finding (core.findings.source); NULL for add and absent.';
COMMENT ON COLUMN core.reviews.reviewer IS 'Who decided.';
COMMENT ON COLUMN core.reviews.reviewed_at IS 'When (UTC).';
COMMENT ON COLUMN core.reviews.parser IS 'Version of the parser whose text the reviewer saw.';
COMMENT ON COLUMN core.reviews.tagger IS 'Version of the model whose findings the reviewer saw.';
COMMENT ON COLUMN core.reviews.rules IS 'Version of the rules whose values the reviewer saw.';
COMMENT ON COLUMN core.reviews.text_sha256 IS 'SHA-256 of the document''s text that the places count in; another text is searched for the words anew.';

CREATE TABLE core.placements (
    review_id   VARCHAR PRIMARY KEY,
    document_id VARCHAR NOT NULL,
    field       VARCHAR NOT NULL,
    state       VARCHAR NOT NULL CHECK (state IN ('standing', 'superseded', 'stale')),
    char_start  INTEGER,
    char_end    INTEGER
);
COMMENT ON TABLE core.placements IS 'One row per review of a processed document: whether it counts now, and where its words stand in the text of now.';
COMMENT ON COLUMN core.placements.review_id IS 'The decision (core.reviews).';
COMMENT ON COLUMN core.placements.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.placements.field IS 'The field (core.fields).';
COMMENT ON COLUMN core.placements.state IS 'standing: it counts. superseded: a later decision took its place. stale: the text was read anew and its words could not surely be found again, so it counts for nothing.';
COMMENT ON COLUMN core.placements.char_start IS 'Where the words decided about (those chosen, where there are any) begin now; NULL for stale and absent.';
COMMENT ON COLUMN core.placements.char_end IS 'One past their last character.';

COMMENT ON COLUMN core.findings.source IS 'What proposed it: tagger (the model), patterns (the domain''s rules) or review (a person stands for it; core.reviews).';
