-- What earlier runs stored stays: a row that a run changes or removes goes to its table's history, and only then does
-- the database grow. The current tables stay what queries read; each row says since which run it stands.

ALTER TABLE core.documents ADD COLUMN proposer VARCHAR;
COMMENT ON COLUMN core.documents.proposer IS 'Version of the model, with its decoding, whose proposals are stored (core.proposals); NULL where none are.';

ALTER TABLE core.failures ADD COLUMN version VARCHAR;
COMMENT ON COLUMN core.failures.version IS 'Version of the stage that failed; another one takes the document up again by itself. NULL where the stage has none.';
COMMENT ON COLUMN core.failures.stage IS 'Where it failed: ingest, parse, classify, tag, extract, summarize or store.';

ALTER TABLE core.findings ADD COLUMN run_id VARCHAR;
ALTER TABLE core.records ADD COLUMN run_id VARCHAR;
ALTER TABLE core.rulings ADD COLUMN run_id VARCHAR;
ALTER TABLE core.summaries ADD COLUMN run_id VARCHAR;
COMMENT ON COLUMN core.findings.run_id IS 'The run (core.runs) since which the finding stands as it does.';
COMMENT ON COLUMN core.records.run_id IS 'The run (core.runs) since which the record''s row stands as it does.';
COMMENT ON COLUMN core.rulings.run_id IS 'The run (core.runs) since which the ruling stands as it does.';
COMMENT ON COLUMN core.summaries.run_id IS 'The run (core.runs) since which the sentence stands as it does.';
-- Of rows from before this change, the run that last changed their document is all that is known.
UPDATE core.findings SET run_id = d.run_id FROM core.documents AS d WHERE d.document_id = findings.document_id;
UPDATE core.records SET run_id = d.run_id FROM core.documents AS d WHERE d.document_id = records.document_id;
UPDATE core.rulings SET run_id = d.run_id FROM core.documents AS d WHERE d.document_id = rulings.document_id;
UPDATE core.summaries SET run_id = d.run_id FROM core.documents AS d WHERE d.document_id = summaries.document_id;

CREATE TABLE core.proposals (
    document_id VARCHAR NOT NULL,
    field       VARCHAR NOT NULL,
    char_start  INTEGER NOT NULL,
    char_end    INTEGER NOT NULL,
    probability FLOAT NOT NULL
);
COMMENT ON TABLE core.proposals IS 'One row per place that the model holds plausible for a field, before any rule: what findings and rulings are made from, and made again when only the rules have changed.';
COMMENT ON COLUMN core.proposals.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.proposals.field IS 'The field (core.fields).';
COMMENT ON COLUMN core.proposals.char_start IS 'First character of the place in the document''s text, from 0.';
COMMENT ON COLUMN core.proposals.char_end IS 'One past its last character.';
COMMENT ON COLUMN core.proposals.probability IS 'Calibrated probability, 0 to 1, in the model''s own precision.';

CREATE TABLE core.editions (
    document_id VARCHAR NOT NULL,
    run_id      VARCHAR NOT NULL,
    parser      VARCHAR NOT NULL,
    domain      VARCHAR NOT NULL,
    tagger      VARCHAR NOT NULL,
    rules       VARCHAR NOT NULL,
    writer      VARCHAR,
    PRIMARY KEY (document_id, run_id)
);
COMMENT ON TABLE core.editions IS 'One row per document and run that worked on it: the versions that its rows rest on from then.';
COMMENT ON COLUMN core.editions.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.editions.run_id IS 'The run (core.runs).';
COMMENT ON COLUMN core.editions.parser IS 'Version of the parser that made the text.';
COMMENT ON COLUMN core.editions.domain IS 'The domain it was read as.';
COMMENT ON COLUMN core.editions.tagger IS 'Version of the model and the patterns that proposed.';
COMMENT ON COLUMN core.editions.rules IS 'Version of the domain''s rules that made values, records and rulings.';
COMMENT ON COLUMN core.editions.writer IS 'Version of the model that wrote the summary; NULL where there was none.';
INSERT INTO core.editions
SELECT document_id, run_id, parser, domain, tagger, rules, writer FROM core.documents
WHERE state = 'processed' AND domain IS NOT NULL AND tagger IS NOT NULL AND rules IS NOT NULL;

CREATE TABLE core.finding_history AS SELECT *, NULL::VARCHAR AS until_run FROM core.findings LIMIT 0;
COMMENT ON TABLE core.finding_history IS 'Findings as earlier runs had them, each from its run_id until its until_run. core.findings_at(RUN) gives those of one run. Places are in the text that the parser of that time made.';
COMMENT ON COLUMN core.finding_history.finding_id IS 'Names the finding by document, field and place.';
COMMENT ON COLUMN core.finding_history.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.finding_history.field IS 'What was found.';
COMMENT ON COLUMN core.finding_history.quote IS 'The document''s own words.';
COMMENT ON COLUMN core.finding_history.char_start IS 'Where the quote began, from 0.';
COMMENT ON COLUMN core.finding_history.char_end IS 'One past its last character.';
COMMENT ON COLUMN core.finding_history.page_start IS 'Page on which it began, from 1.';
COMMENT ON COLUMN core.finding_history.page_end IS 'Page on which it ended.';
COMMENT ON COLUMN core.finding_history.probability IS 'Calibrated probability, 0 to 1.';
COMMENT ON COLUMN core.finding_history.source IS 'What proposed it: tagger or patterns.';
COMMENT ON COLUMN core.finding_history.value_text IS 'As in core.findings.';
COMMENT ON COLUMN core.finding_history.value_date IS 'As in core.findings.';
COMMENT ON COLUMN core.finding_history.value_number IS 'As in core.findings.';
COMMENT ON COLUMN core.finding_history.value_unit IS 'As in core.findings.';
COMMENT ON COLUMN core.finding_history.value_code IS 'As in core.findings.';
COMMENT ON COLUMN core.finding_history.value_code_system IS 'As in core.findings.';
COMMENT ON COLUMN core.finding_history.run_id IS 'The run that stored it in this form.';
COMMENT ON COLUMN core.finding_history.until_run IS 'The run that changed or removed it.';

CREATE TABLE core.record_history AS SELECT *, NULL::VARCHAR AS until_run FROM core.records LIMIT 0;
COMMENT ON TABLE core.record_history IS 'Rows of records as earlier runs had them, each from its run_id until its until_run; core.records_at(RUN) gives those of one run.';
COMMENT ON COLUMN core.record_history.record_id IS 'Names the record by document, kind and ordinal.';
COMMENT ON COLUMN core.record_history.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.record_history.kind IS 'What the record was.';
COMMENT ON COLUMN core.record_history.ordinal IS 'Number of the record among those of its kind, from 0.';
COMMENT ON COLUMN core.record_history.role IS 'The column that the finding filled.';
COMMENT ON COLUMN core.record_history.finding_id IS 'The finding, in core.findings_at(RUN) of the same run.';
COMMENT ON COLUMN core.record_history.run_id IS 'The run that stored it.';
COMMENT ON COLUMN core.record_history.until_run IS 'The run that changed or removed it.';

CREATE TABLE core.ruling_history AS SELECT *, NULL::VARCHAR AS until_run FROM core.rulings LIMIT 0;
COMMENT ON TABLE core.ruling_history IS 'Rulings as earlier runs had them, each from its run_id until its until_run; core.rulings_at(RUN) gives those of one run.';
COMMENT ON COLUMN core.ruling_history.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.ruling_history.field IS 'The field.';
COMMENT ON COLUMN core.ruling_history.verdict IS 'found, absent or abstained.';
COMMENT ON COLUMN core.ruling_history.best_score IS 'Highest probability of any candidate.';
COMMENT ON COLUMN core.ruling_history.found_at IS 'Probability from which the field counted as found.';
COMMENT ON COLUMN core.ruling_history.absent_below IS 'Probability below which it counted as absent.';
COMMENT ON COLUMN core.ruling_history.searched_chars IS 'How many characters were searched.';
COMMENT ON COLUMN core.ruling_history.run_id IS 'The run that ruled so.';
COMMENT ON COLUMN core.ruling_history.until_run IS 'The run that ruled anew.';

CREATE TABLE core.summary_history AS SELECT *, NULL::VARCHAR AS until_run FROM core.summaries LIMIT 0;
COMMENT ON TABLE core.summary_history IS 'Summary sentences as earlier runs had them, each from its run_id until its until_run; core.summaries_at(RUN) gives those of one run.';
COMMENT ON COLUMN core.summary_history.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.summary_history.ordinal IS 'Position of the sentence, from 0.';
COMMENT ON COLUMN core.summary_history.sentence IS 'The sentence.';
COMMENT ON COLUMN core.summary_history.origin IS 'written or extracted.';
COMMENT ON COLUMN core.summary_history.citations IS 'The intervals of the text of that time that it rested on.';
COMMENT ON COLUMN core.summary_history.writer IS 'What wrote it.';
COMMENT ON COLUMN core.summary_history.run_id IS 'The run that stored it.';
COMMENT ON COLUMN core.summary_history.until_run IS 'The run that changed or removed it.';

-- SELECT * FROM core.findings_at('RUN'): what the table held when that run had ended.
CREATE MACRO core.runs_until(run) AS TABLE
SELECT r.run_id FROM core.runs AS r JOIN core.runs AS last ON last.run_id = run
WHERE (r.started_at, r.run_id) <= (last.started_at, last.run_id);

CREATE MACRO core.findings_at(run) AS TABLE
SELECT * FROM core.findings WHERE run_id IN (FROM core.runs_until(run))
UNION ALL BY NAME
SELECT * EXCLUDE (until_run) FROM core.finding_history
WHERE run_id IN (FROM core.runs_until(run)) AND until_run NOT IN (FROM core.runs_until(run));

CREATE MACRO core.records_at(run) AS TABLE
SELECT * FROM core.records WHERE run_id IN (FROM core.runs_until(run))
UNION ALL BY NAME
SELECT * EXCLUDE (until_run) FROM core.record_history
WHERE run_id IN (FROM core.runs_until(run)) AND until_run NOT IN (FROM core.runs_until(run));

CREATE MACRO core.rulings_at(run) AS TABLE
SELECT * FROM core.rulings WHERE run_id IN (FROM core.runs_until(run))
UNION ALL BY NAME
SELECT * EXCLUDE (until_run) FROM core.ruling_history
WHERE run_id IN (FROM core.runs_until(run)) AND until_run NOT IN (FROM core.runs_until(run));

CREATE MACRO core.summaries_at(run) AS TABLE
SELECT * FROM core.summaries WHERE run_id IN (FROM core.runs_until(run))
UNION ALL BY NAME
SELECT * EXCLUDE (until_run) FROM core.summary_history
WHERE run_id IN (FROM core.runs_until(run)) AND until_run NOT IN (FROM core.runs_until(run));
