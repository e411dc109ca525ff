-- What findings tell whole is put together of their words, and each run counts how often. DuckDB changes no CHECK, so
-- both tables are made anew with the rows that they have.

CREATE TEMP TABLE moved AS FROM core.summaries;
DROP TABLE core.summaries;
CREATE TABLE core.summaries (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    sentence    VARCHAR NOT NULL,
    origin      VARCHAR NOT NULL CHECK (origin IN ('written', 'rewritten', 'extracted', 'composed')),
    citations   STRUCT(char_start INTEGER, char_end INTEGER)[] NOT NULL,
    writer      VARCHAR NOT NULL,
    run_id      VARCHAR,
    PRIMARY KEY (document_id, ordinal)
);
INSERT INTO core.summaries BY NAME FROM moved;
DROP TABLE moved;
COMMENT ON TABLE core.summaries IS 'One row per sentence of a document''s summary, in reading order.';
COMMENT ON COLUMN core.summaries.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.summaries.ordinal IS 'Position of the sentence in the summary, from 0.';
COMMENT ON COLUMN core.summaries.sentence IS 'The sentence.';
COMMENT ON COLUMN core.summaries.origin IS 'written: by the model and upheld against the text. rewritten: the same, at the second attempt. extracted: word for word from the document. composed: of the words of several findings, each of which is cited.';
COMMENT ON COLUMN core.summaries.citations IS 'The intervals of the document''s text that the sentence rests on, never empty.';
COMMENT ON COLUMN core.summaries.writer IS 'What wrote the summary: the model and its version.';
COMMENT ON COLUMN core.summaries.run_id IS 'The run (core.runs) since which the sentence stands as it does.';
COMMENT ON COLUMN core.summary_history.origin IS 'written, rewritten, extracted or composed.';

CREATE TEMP TABLE moved AS FROM core.quality;
DROP TABLE core.quality;
CREATE TABLE core.quality (
    run_id  VARCHAR NOT NULL,
    domain  VARCHAR NOT NULL,
    measure VARCHAR NOT NULL CHECK (measure IN ('found', 'abstained', 'ocr', 'written', 'rewritten', 'extracted', 'composed')),
    field   VARCHAR NOT NULL,
    hits    INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    PRIMARY KEY (run_id, domain, measure, field)
);
INSERT INTO core.quality BY NAME FROM moved;
DROP TABLE moved;
COMMENT ON TABLE core.quality IS 'One row per run and figure that should stay much the same while documents and models do.';
COMMENT ON COLUMN core.quality.run_id IS 'The run (core.runs).';
COMMENT ON COLUMN core.quality.domain IS 'The domain of the documents (core.domains).';
COMMENT ON COLUMN core.quality.measure IS 'found or abstained: documents whose field was ruled so. ocr: documents with a page read by OCR or by nothing. written, rewritten, extracted or composed: summary sentences of that origin (core.summaries).';
COMMENT ON COLUMN core.quality.field IS 'The field (core.fields); empty for ocr and for summary sentences.';
COMMENT ON COLUMN core.quality.hits IS 'How many documents, or summary sentences, it holds for.';
COMMENT ON COLUMN core.quality.total IS 'Of how many documents that the run searched, or sentences of those that it worked on.';
COMMENT ON COLUMN core.drift.measure IS 'found, abstained, ocr, written, rewritten, extracted or composed (core.quality).';
