-- The core tables. Primary keys and no foreign keys: DuckDB refuses to delete children and parent in one transaction.
-- All timestamps are UTC. All intervals are half-open, 0-based characters (code points) of core.documents.text.

CREATE TABLE core.documents (
    document_id     VARCHAR PRIMARY KEY,
    name            VARCHAR NOT NULL,
    path            VARCHAR NOT NULL,
    size_bytes      BIGINT NOT NULL,
    page_count      INTEGER NOT NULL,
    char_count      INTEGER NOT NULL,
    text            VARCHAR NOT NULL,
    domain          VARCHAR,
    domain_score    DOUBLE,
    state           VARCHAR NOT NULL CHECK (state IN ('parsed', 'processed', 'failed')),
    parser          VARCHAR NOT NULL,
    tagger          VARCHAR,
    rules           VARCHAR,
    writer          VARCHAR,
    summary_refused INTEGER,
    run_id          VARCHAR NOT NULL,
    stored_at       TIMESTAMP NOT NULL
);
COMMENT ON TABLE core.documents IS 'One row per document that could be read. Only those in state processed are shown by the domain views.';
COMMENT ON COLUMN core.documents.document_id IS 'SHA-256 of the file''s bytes, in hex: the same bytes are the same document, whatever the file is called.';
COMMENT ON COLUMN core.documents.name IS 'File name, without its folder.';
COMMENT ON COLUMN core.documents.path IS 'Where the file was when it was last read.';
COMMENT ON COLUMN core.documents.size_bytes IS 'Size of the file in bytes.';
COMMENT ON COLUMN core.documents.page_count IS 'Number of pages, unreadable ones included.';
COMMENT ON COLUMN core.documents.char_count IS 'Length of text in characters.';
COMMENT ON COLUMN core.documents.text IS 'The whole text: its pages in order, joined by a form feed. substring(text, char_start + 1, char_end - char_start) gives what an interval covers.';
COMMENT ON COLUMN core.documents.domain IS 'The domain it was read as (core.domains); NULL while undecided.';
COMMENT ON COLUMN core.documents.domain_score IS 'How sure the choice of domain is, 0 to 1; NULL where the user named the domain.';
COMMENT ON COLUMN core.documents.state IS 'parsed: text stored, nothing searched for yet. processed: findings, records and rulings are complete. failed: see core.failures.';
COMMENT ON COLUMN core.documents.parser IS 'Version of the parser that made text, pages and sections.';
COMMENT ON COLUMN core.documents.tagger IS 'Version of the model that proposed the findings; NULL before extraction.';
COMMENT ON COLUMN core.documents.rules IS 'Version of the domain''s rules that made values, records and rulings; NULL before extraction.';
COMMENT ON COLUMN core.documents.writer IS 'Version of the model that wrote the summary; NULL where none was made.';
COMMENT ON COLUMN core.documents.summary_refused IS 'How many written sentences were turned away because the document does not support them; NULL where no summary was made.';
COMMENT ON COLUMN core.documents.run_id IS 'The run (core.runs) that last changed this document.';
COMMENT ON COLUMN core.documents.stored_at IS 'When this document was last changed (UTC).';

CREATE TABLE core.pages (
    document_id VARCHAR NOT NULL,
    page_number INTEGER NOT NULL,
    char_start  INTEGER NOT NULL,
    char_end    INTEGER NOT NULL,
    reader      VARCHAR NOT NULL CHECK (reader IN ('pdfium', 'pypdf', 'ocr', 'unreadable')),
    PRIMARY KEY (document_id, page_number)
);
COMMENT ON TABLE core.pages IS 'One row per page: where its text lies in the document''s text, and what read it.';
COMMENT ON COLUMN core.pages.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.pages.page_number IS 'Page number, from 1.';
COMMENT ON COLUMN core.pages.char_start IS 'First character of the page in the document''s text, from 0.';
COMMENT ON COLUMN core.pages.char_end IS 'One past the last character of the page; the form feed between pages belongs to none.';
COMMENT ON COLUMN core.pages.reader IS 'pdfium or pypdf: the page''s own text layer. ocr: recognised from the image. unreadable: no text could be had.';

CREATE TABLE core.sections (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    title       VARCHAR NOT NULL,
    level       INTEGER NOT NULL,
    path        VARCHAR[] NOT NULL,
    char_start  INTEGER NOT NULL,
    char_end    INTEGER NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
COMMENT ON TABLE core.sections IS 'One row per heading and the text that it governs, in document order.';
COMMENT ON COLUMN core.sections.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.sections.ordinal IS 'Position among the document''s sections, from 0.';
COMMENT ON COLUMN core.sections.title IS 'The heading''s words.';
COMMENT ON COLUMN core.sections.level IS 'Depth of the heading; 1 is outermost.';
COMMENT ON COLUMN core.sections.path IS 'The titles from the outermost heading down to this one.';
COMMENT ON COLUMN core.sections.char_start IS 'First character of the section in the document''s text, from 0.';
COMMENT ON COLUMN core.sections.char_end IS 'One past the section''s last character.';

CREATE TABLE core.findings (
    finding_id        VARCHAR PRIMARY KEY,
    document_id       VARCHAR NOT NULL,
    field             VARCHAR NOT NULL,
    quote             VARCHAR NOT NULL,
    char_start        INTEGER NOT NULL,
    char_end          INTEGER NOT NULL,
    page_start        INTEGER NOT NULL,
    page_end          INTEGER NOT NULL,
    probability       DOUBLE NOT NULL,
    source            VARCHAR NOT NULL,
    value_text        VARCHAR,
    value_date        DATE,
    value_number      DECIMAL(28, 6),
    value_unit        VARCHAR,
    value_code        VARCHAR,
    value_code_system VARCHAR
);
COMMENT ON TABLE core.findings IS 'One row per value found in one place of a document, with the words, the page and the place that prove it.';
COMMENT ON COLUMN core.findings.finding_id IS 'Names the finding by document, field and place; the same in every run.';
COMMENT ON COLUMN core.findings.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.findings.field IS 'What was found: a field of the document''s domain (core.fields).';
COMMENT ON COLUMN core.findings.quote IS 'The document''s own words, character for character.';
COMMENT ON COLUMN core.findings.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN core.findings.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN core.findings.page_start IS 'Page on which the quote begins, from 1.';
COMMENT ON COLUMN core.findings.page_end IS 'Page on which the quote ends.';
COMMENT ON COLUMN core.findings.probability IS 'Calibrated probability, 0 to 1, that the quote is what the field asks for.';
COMMENT ON COLUMN core.findings.source IS 'What proposed it: tagger (the model) or patterns (the domain''s rules).';
COMMENT ON COLUMN core.findings.value_text IS 'The quote in canonical wording; NULL where it does not resolve.';
COMMENT ON COLUMN core.findings.value_date IS 'The date that the quote states; NULL where it states none or is ambiguous.';
COMMENT ON COLUMN core.findings.value_number IS 'The number that the quote states, exact; NULL where it states none or DECIMAL(28, 6) cannot hold it exactly.';
COMMENT ON COLUMN core.findings.value_unit IS 'Unit of the number: an ISO 4217 currency, a UCUM unit, or day, week, month, year for a duration.';
COMMENT ON COLUMN core.findings.value_code IS 'Code for what the quote names, within value_code_system.';
COMMENT ON COLUMN core.findings.value_code_system IS 'The system of value_code: ISO 3166, ICD-10-CM and the like.';

CREATE TABLE core.records (
    record_id   VARCHAR NOT NULL,
    document_id VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    role        VARCHAR NOT NULL,
    finding_id  VARCHAR NOT NULL,
    PRIMARY KEY (record_id, role, finding_id)
);
COMMENT ON TABLE core.records IS 'One row per finding''s part in a record: a medication with its dose and route, a party with its role. The domain views pivot these.';
COMMENT ON COLUMN core.records.record_id IS 'Names the record by document, kind and ordinal; all its rows share it.';
COMMENT ON COLUMN core.records.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.records.kind IS 'What the record is (medication, party); names the view that pivots it.';
COMMENT ON COLUMN core.records.ordinal IS 'Number of the record among those of its kind in the document, from 0, in reading order.';
COMMENT ON COLUMN core.records.role IS 'The column that the finding fills (drug, dose, party).';
COMMENT ON COLUMN core.records.finding_id IS 'The finding (core.findings).';

CREATE TABLE core.rulings (
    document_id    VARCHAR NOT NULL,
    field          VARCHAR NOT NULL,
    verdict        VARCHAR NOT NULL CHECK (verdict IN ('found', 'absent', 'abstained')),
    best_score     DOUBLE NOT NULL,
    found_at       DOUBLE NOT NULL,
    absent_below   DOUBLE NOT NULL,
    searched_chars INTEGER NOT NULL,
    PRIMARY KEY (document_id, field)
);
COMMENT ON TABLE core.rulings IS 'One row per field of each processed document: whether it was found, is absent, or is too uncertain to say.';
COMMENT ON COLUMN core.rulings.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.rulings.field IS 'A field of the document''s domain (core.fields).';
COMMENT ON COLUMN core.rulings.verdict IS 'found: at least one finding. absent: searched and not there. abstained: a person should look.';
COMMENT ON COLUMN core.rulings.best_score IS 'Highest probability of any candidate, accepted or not; 0 where there was none.';
COMMENT ON COLUMN core.rulings.found_at IS 'Probability from which the field counts as found.';
COMMENT ON COLUMN core.rulings.absent_below IS 'Probability below which the field counts as absent; between the two it is abstained.';
COMMENT ON COLUMN core.rulings.searched_chars IS 'How many characters of the document were searched.';

CREATE TABLE core.summaries (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    sentence    VARCHAR NOT NULL,
    origin      VARCHAR NOT NULL CHECK (origin IN ('written', 'extracted')),
    citations   STRUCT(char_start INTEGER, char_end INTEGER)[] NOT NULL,
    writer      VARCHAR NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
COMMENT ON TABLE core.summaries IS 'One row per sentence of a document''s summary, in reading order.';
COMMENT ON COLUMN core.summaries.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.summaries.ordinal IS 'Position of the sentence in the summary, from 0.';
COMMENT ON COLUMN core.summaries.sentence IS 'The sentence.';
COMMENT ON COLUMN core.summaries.origin IS 'written: by the model and upheld against the text. extracted: word for word from the document.';
COMMENT ON COLUMN core.summaries.citations IS 'The intervals of the document''s text that the sentence rests on, never empty.';
COMMENT ON COLUMN core.summaries.writer IS 'What wrote the summary: the model and its version.';

CREATE TABLE core.runs (
    run_id      VARCHAR PRIMARY KEY,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    files       INTEGER NOT NULL,
    processed   INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    skipped     INTEGER NOT NULL,
    pages       INTEGER NOT NULL,
    findings    INTEGER NOT NULL,
    seconds     DOUBLE NOT NULL,
    versions    MAP(VARCHAR, VARCHAR) NOT NULL
);
COMMENT ON TABLE core.runs IS 'One row per batch. In a finished run, files = processed + failed + skipped.';
COMMENT ON COLUMN core.runs.run_id IS 'Names the run.';
COMMENT ON COLUMN core.runs.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN core.runs.finished_at IS 'When it ended (UTC); NULL while it runs, and for good where it was killed.';
COMMENT ON COLUMN core.runs.files IS 'Files that the run was given.';
COMMENT ON COLUMN core.runs.processed IS 'Files of which all rows are stored.';
COMMENT ON COLUMN core.runs.failed IS 'Files that could not be processed; why is in core.failures.';
COMMENT ON COLUMN core.runs.skipped IS 'Files that were not tried; why is in core.skips.';
COMMENT ON COLUMN core.runs.pages IS 'Pages of the processed files.';
COMMENT ON COLUMN core.runs.findings IS 'Findings stored by the run.';
COMMENT ON COLUMN core.runs.seconds IS 'How long it took, in seconds.';
COMMENT ON COLUMN core.runs.versions IS 'Version of each part that the run used, by the part''s name (parser, tagger, rules, writer ...).';

CREATE TABLE core.failures (
    path          VARCHAR PRIMARY KEY,
    document_id   VARCHAR,
    stage         VARCHAR NOT NULL,
    reason        VARCHAR NOT NULL,
    attempts      INTEGER NOT NULL,
    run_id        VARCHAR NOT NULL,
    first_seen_at TIMESTAMP NOT NULL,
    last_seen_at  TIMESTAMP NOT NULL,
    resolved_at   TIMESTAMP
);
COMMENT ON TABLE core.failures IS 'One row per file that could not be processed, kept after it is resolved.';
COMMENT ON COLUMN core.failures.path IS 'The file.';
COMMENT ON COLUMN core.failures.document_id IS 'SHA-256 of its bytes; NULL where they could not be read.';
COMMENT ON COLUMN core.failures.stage IS 'Where it failed: ingest, parse, classify, extract, summarize or store.';
COMMENT ON COLUMN core.failures.reason IS 'Why, in a small fixed vocabulary; never words of the document.';
COMMENT ON COLUMN core.failures.attempts IS 'How often these bytes at this path have failed since they were last resolved.';
COMMENT ON COLUMN core.failures.run_id IS 'The run (core.runs) in which it last failed.';
COMMENT ON COLUMN core.failures.first_seen_at IS 'When these bytes at this path first failed (UTC).';
COMMENT ON COLUMN core.failures.last_seen_at IS 'When it last failed (UTC).';
COMMENT ON COLUMN core.failures.resolved_at IS 'When the file was processed after all (UTC); NULL while the failure stands.';

CREATE TABLE core.skips (
    run_id      VARCHAR NOT NULL,
    path        VARCHAR NOT NULL,
    document_id VARCHAR,
    reason      VARCHAR NOT NULL,
    PRIMARY KEY (run_id, path)
);
COMMENT ON TABLE core.skips IS 'One row per file that a run did not try, and why.';
COMMENT ON COLUMN core.skips.run_id IS 'The run (core.runs).';
COMMENT ON COLUMN core.skips.path IS 'The file.';
COMMENT ON COLUMN core.skips.document_id IS 'SHA-256 of its bytes; NULL where they were not read.';
COMMENT ON COLUMN core.skips.reason IS 'Why it was not tried: already done, same bytes as another file, not a document type we read.';

CREATE TABLE core.domains (
    domain        VARCHAR PRIMARY KEY,
    title         VARCHAR NOT NULL,
    rules_version VARCHAR NOT NULL
);
COMMENT ON TABLE core.domains IS 'The installed domains. The typed views of each are in the schema of its name.';
COMMENT ON COLUMN core.domains.domain IS 'The domain''s name (legal, medical).';
COMMENT ON COLUMN core.domains.title IS 'The domain''s name for a reader.';
COMMENT ON COLUMN core.domains.rules_version IS 'Version of its rules that is installed now.';

CREATE TABLE core.fields (
    domain      VARCHAR NOT NULL,
    field       VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    label       VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    PRIMARY KEY (domain, field)
);
COMMENT ON TABLE core.fields IS 'The field catalogue: everything that each domain looks for.';
COMMENT ON COLUMN core.fields.domain IS 'The domain (core.domains).';
COMMENT ON COLUMN core.fields.field IS 'The field''s name, as in core.findings and core.rulings.';
COMMENT ON COLUMN core.fields.ordinal IS 'Position in the catalogue, from 0.';
COMMENT ON COLUMN core.fields.label IS 'The field''s name in the data that the model learned from.';
COMMENT ON COLUMN core.fields.kind IS 'What its value is: text, date, duration, amount, jurisdiction, quantity, code or clause.';
COMMENT ON COLUMN core.fields.description IS 'What the field means.';
