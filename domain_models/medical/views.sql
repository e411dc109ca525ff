-- Typed views of medical documents. Each pivots the records of one kind; only documents in state processed are shown.
-- Replaced at every migrate. `finding_id` and `finding_ids` join to core.findings, where each quote and its place stand.

CREATE SCHEMA IF NOT EXISTS medical;

CREATE OR REPLACE VIEW medical.parts AS
SELECT r.document_id, d.name AS document_name, r.record_id, r.kind, r.ordinal, r.role, f.*
         EXCLUDE (document_id),
       row_number() OVER (PARTITION BY r.record_id, r.role ORDER BY f.char_start, f.char_end) AS place
FROM core.records AS r
JOIN core.documents AS d ON d.document_id = r.document_id
JOIN core.findings AS f ON f.finding_id = r.finding_id
WHERE d.domain = 'medical' AND d.state = 'processed';

COMMENT ON VIEW medical.parts IS 'One row per finding''s part in a record of a medical document: what the views below pivot.';
COMMENT ON COLUMN medical.parts.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.parts.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.parts.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.parts.kind IS 'What the record is: medication, problem, test, procedure, allergy, social_history or patient.';
COMMENT ON COLUMN medical.parts.ordinal IS 'Place of the record among those of its kind in the document, from 0.';
COMMENT ON COLUMN medical.parts.role IS 'The column that the finding fills.';
COMMENT ON COLUMN medical.parts.finding_id IS 'The finding (core.findings).';
COMMENT ON COLUMN medical.parts.run_id IS 'The run since which the finding stands as it does (core.runs).';
COMMENT ON COLUMN medical.parts.field IS 'The finding''s field (core.fields).';
COMMENT ON COLUMN medical.parts.quote IS 'The document''s own words.';
COMMENT ON COLUMN medical.parts.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.parts.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.parts.page_start IS 'Page on which the quote begins, from 1.';
COMMENT ON COLUMN medical.parts.page_end IS 'Page on which the quote ends.';
COMMENT ON COLUMN medical.parts.probability IS 'Calibrated probability of the finding.';
COMMENT ON COLUMN medical.parts.source IS 'What proposed the finding: tagger or patterns.';
COMMENT ON COLUMN medical.parts.value_text IS 'Canonical wording.';
COMMENT ON COLUMN medical.parts.value_date IS 'The date stated.';
COMMENT ON COLUMN medical.parts.value_number IS 'The number stated.';
COMMENT ON COLUMN medical.parts.value_unit IS 'UCUM unit of the number.';
COMMENT ON COLUMN medical.parts.value_code IS 'Code for what the quote names.';
COMMENT ON COLUMN medical.parts.value_code_system IS 'The system of the code.';
COMMENT ON COLUMN medical.parts.value_candidates IS 'Codes near the words, best first, each with its title and score.';
COMMENT ON COLUMN medical.parts.place IS 'Order among findings of the same role in the record, from 1.';

CREATE OR REPLACE VIEW medical.frequencies AS
WITH worded AS (
    SELECT DISTINCT CASE WHEN role = 'frequency' THEN value_text ELSE value_code END AS wording
    FROM medical.parts
    WHERE role = 'frequency' AND value_text IS NOT NULL OR role = 'dose' AND value_code_system = 'frequency'
), parted AS (
    SELECT wording, nullif(regexp_replace(wording, ' ?as needed$', ''), '') AS regular,
           TRY_CAST(regexp_extract(wording, '^(?:every )?(\d+(?:\.\d+)?) (?:times|minutes|hours|days|weeks)\b', 1) AS DOUBLE) AS count
    FROM worded
)
SELECT wording, CASE WHEN wording = regular THEN number END AS times_per_day, number AS times_at_most, regular
FROM (
    SELECT *, round(CASE
        WHEN regexp_matches(regular, '^(once daily|every (morning|evening|day)|at bedtime)\b') THEN 1
        WHEN starts_with(regular, 'twice daily') THEN 2
        WHEN starts_with(regular, 'three times daily') THEN 3
        WHEN starts_with(regular, 'four times daily') THEN 4
        WHEN starts_with(regular, 'five times daily') THEN 5
        WHEN starts_with(regular, 'every other day') THEN 0.5
        WHEN regexp_matches(regular, '^(once weekly|every week)\b') THEN 1 / 7
        WHEN starts_with(regular, 'twice weekly') THEN 2 / 7
        WHEN starts_with(regular, 'three times weekly') THEN 3 / 7
        WHEN starts_with(regular, 'every minute') THEN 1440
        WHEN starts_with(regular, 'every hour') THEN 24
        WHEN regexp_matches(regular, '^\S+ times per day') THEN count
        WHEN regexp_matches(regular, '^\S+ times per week') THEN count / 7
        WHEN regexp_matches(regular, '^every \S+ minutes') THEN 1440 / count
        WHEN regexp_matches(regular, '^every \S+ hours') THEN 24 / count
        WHEN regexp_matches(regular, '^every \S+ days') THEN 1 / count
        WHEN regexp_matches(regular, '^every \S+ weeks') THEN 1 / (7 * count)
    END, 6)::DECIMAL(28, 6) AS number
    FROM parted
);
COMMENT ON VIEW medical.frequencies IS 'One row per wording of how often a drug is given, with the number it comes to.';
COMMENT ON COLUMN medical.frequencies.wording IS 'The canonical wording.';
COMMENT ON COLUMN medical.frequencies.times_per_day IS 'How often per day; NULL where the wording fixes no number, as with "as needed".';
COMMENT ON COLUMN medical.frequencies.times_at_most IS 'The same, and of what is given as needed how often it may be.';
COMMENT ON COLUMN medical.frequencies.regular IS 'The wording without "as needed"; NULL where nothing else is said.';

CREATE OR REPLACE VIEW medical.medications AS
WITH given AS (
    SELECT document_id,
           any_value(document_name) AS document_name,
           record_id,
           any_value(ordinal) AS ordinal,
           max(coalesce(value_text, quote)) FILTER (role = 'drug' AND place = 1) AS drug,
           max(value_code) FILTER (role = 'drug' AND place = 1 AND value_code_system = 'ingredient') AS ingredient,
           arg_min(value_number, place) FILTER (role = 'dose' AND value_number IS NOT NULL)::DECIMAL(28, 6) AS dose,
           arg_min(value_unit, place) FILTER (role = 'dose' AND value_number IS NOT NULL) AS unit,
           max(quote) FILTER (role = 'dose' AND place = 1) AS dose_quote,
           max(coalesce(value_text, quote)) FILTER (role = 'route' AND place = 1) AS route,
           coalesce(max(coalesce(value_text, quote)) FILTER (role = 'frequency' AND place = 1),
                    arg_min(value_code, place) FILTER (role = 'dose' AND value_number IS NULL AND value_code_system = 'frequency'),
                    arg_min_null(value_code, place) FILTER (role = 'dose' AND value_number IS NOT NULL)) AS frequency,
           max(value_number) FILTER (role = 'frequency' AND place = 1)::DECIMAL(28, 6) AS times_per_day,
           max(quote) FILTER (role = 'duration' AND place = 1) AS duration,
           max(value_number) FILTER (role = 'duration' AND place = 1)::DECIMAL(28, 6) AS duration_number,
           max(value_unit) FILTER (role = 'duration' AND place = 1) AS duration_unit,
           coalesce(max(regexp_extract(role, '^assertion_(.+)$', 1)) FILTER (starts_with(role, 'assertion_')), 'present') AS assertion,
           max(value_code) FILTER (role = 'status' AND place = 1) AS status,
           max(value_date) FILTER (role = 'started_on' AND place = 1) AS started_on,
           max(value_date) FILTER (role = 'stopped_on' AND place = 1) AS stopped_on,
           min(probability) AS probability,
           max(page_start) FILTER (role = 'drug' AND place = 1) AS page,
           max(quote) FILTER (role = 'drug' AND place = 1) AS quote,
           max(char_start) FILTER (role = 'drug' AND place = 1) AS char_start,
           max(char_end) FILTER (role = 'drug' AND place = 1) AS char_end,
           max(finding_id) FILTER (role = 'drug' AND place = 1) AS finding_id,
           list(DISTINCT finding_id ORDER BY finding_id) AS finding_ids
    FROM medical.parts
    WHERE kind = 'medication'
    GROUP BY document_id, record_id
)
SELECT g.* REPLACE (coalesce(g.times_per_day, f.times_per_day) AS times_per_day)
FROM given AS g
LEFT JOIN medical.frequencies AS f ON f.wording = g.frequency;
COMMENT ON VIEW medical.medications IS 'One row per mention of a drug, with the dose, route, frequency and duration stated with it; of a taper one per step.';
COMMENT ON COLUMN medical.medications.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.medications.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.medications.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.medications.ordinal IS 'Place of the row among those of its kind in the document, from 0.';
COMMENT ON COLUMN medical.medications.drug IS 'The drug as named, in lower case.';
COMMENT ON COLUMN medical.medications.ingredient IS 'International name of the active ingredient, those of a combination joined by " / "; NULL where the name is not known to be a drug''s.';
COMMENT ON COLUMN medical.medications.dose IS 'Amount of one dose, in unit, the first where several are stated (a change); NULL for a range or an amount in words that do not resolve.';
COMMENT ON COLUMN medical.medications.unit IS 'UCUM unit of the dose.';
COMMENT ON COLUMN medical.medications.dose_quote IS 'The document''s own words for the dose.';
COMMENT ON COLUMN medical.medications.route IS 'Route of administration, in canonical wording where it resolves.';
COMMENT ON COLUMN medical.medications.frequency IS 'How often that dose is given, in canonical wording where it resolves.';
COMMENT ON COLUMN medical.medications.times_per_day IS 'How often per day; NULL where the record fixes no number, as with "as needed".';
COMMENT ON COLUMN medical.medications.duration IS 'How long it is given, in the document''s words.';
COMMENT ON COLUMN medical.medications.duration_number IS 'Length of the duration, in duration_unit.';
COMMENT ON COLUMN medical.medications.duration_unit IS 'minute, hour, day, week, month or year.';
COMMENT ON COLUMN medical.medications.assertion IS 'present (given, or to be continued, changed or stopped: see status), negated, possible, hypothetical (planned or considered), conditional (called for only if something happens), historical (taken before) or family (of a relative).';
COMMENT ON COLUMN medical.medications.status IS 'What becomes of the drug here: started, stopped, held, continued or changed; NULL where the record does not say.';
COMMENT ON COLUMN medical.medications.started_on IS 'Date from which it is given, where a list states one.';
COMMENT ON COLUMN medical.medications.stopped_on IS 'Date on which it ended, where a list states one.';
COMMENT ON COLUMN medical.medications.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.medications.page IS 'Page on which the drug stands, from 1.';
COMMENT ON COLUMN medical.medications.quote IS 'The document''s own words for the drug.';
COMMENT ON COLUMN medical.medications.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.medications.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.medications.finding_id IS 'The finding of the drug (core.findings).';
COMMENT ON COLUMN medical.medications.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.problems AS
SELECT document_id,
       any_value(document_name) AS document_name,
       record_id,
       any_value(ordinal) AS ordinal,
       max(coalesce(value_text, quote)) FILTER (role = 'problem' AND place = 1) AS problem,
       max(value_code) FILTER (role = 'problem' AND place = 1 AND value_code_system = 'ICD-10-CM') AS icd10_code,
       any_value(value_candidates) FILTER (role = 'problem' AND place = 1) AS icd10_candidates,
       max(field) FILTER (role = 'problem' AND place = 1) AS field,
       coalesce(max(regexp_extract(role, '^assertion_(.+)$', 1)) FILTER (starts_with(role, 'assertion_')), 'present') AS assertion,
       max(coalesce(value_text, quote)) FILTER (role = 'severity' AND place = 1) AS severity,
       max(coalesce(value_text, quote)) FILTER (role = 'body_site' AND place = 1) AS body_site,
       max(quote) FILTER (role = 'duration' AND place = 1) AS duration,
       max(coalesce(value_text, quote)) FILTER (role = 'detail' AND place = 1) AS detail,
       max(value_date) FILTER (role = 'date' AND place = 1) AS date,
       max(value_date) FILTER (role = 'resolved_on' AND place = 1) AS resolved_on,
       max(value_code) FILTER (role = 'status' AND place = 1) AS status,
       min(probability) AS probability,
       max(page_start) FILTER (role = 'problem' AND place = 1) AS page,
       max(quote) FILTER (role = 'problem' AND place = 1) AS quote,
       max(char_start) FILTER (role = 'problem' AND place = 1) AS char_start,
       max(char_end) FILTER (role = 'problem' AND place = 1) AS char_end,
       max(finding_id) FILTER (role = 'problem' AND place = 1) AS finding_id,
       list(DISTINCT finding_id ORDER BY finding_id) AS finding_ids
FROM medical.parts
WHERE kind = 'problem'
GROUP BY document_id, record_id;
COMMENT ON VIEW medical.problems IS 'One row per mention of a disease or symptom, with its severity, body site and whether the record affirms it.';
COMMENT ON COLUMN medical.problems.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.problems.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.problems.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.problems.ordinal IS 'Place of the row among those of its kind in the document, from 0.';
COMMENT ON COLUMN medical.problems.problem IS 'The problem as named.';
COMMENT ON COLUMN medical.problems.icd10_code IS 'ICD-10-CM code that the words of the problem alone bear, a category where they bear no more; NULL where unsure.';
COMMENT ON COLUMN medical.problems.icd10_candidates IS 'Up to five ICD-10-CM codes near the words, one per category, best first, each with its title and a score from 0 to 1 that is no probability; also where icd10_code is NULL. NULL where none is near.';
COMMENT ON COLUMN medical.problems.field IS 'disease_disorder (a diagnosis) or sign_symptom (what is felt or seen).';
COMMENT ON COLUMN medical.problems.assertion IS 'present, negated, possible, hypothetical, conditional, historical or family (of a relative).';
COMMENT ON COLUMN medical.problems.severity IS 'How bad it is, as stated.';
COMMENT ON COLUMN medical.problems.body_site IS 'Where in the body, as stated.';
COMMENT ON COLUMN medical.problems.duration IS 'How long it has lasted, in the document''s words.';
COMMENT ON COLUMN medical.problems.detail IS 'Words that narrow the problem.';
COMMENT ON COLUMN medical.problems.date IS 'Date of its onset or diagnosis, where a whole date is stated with it.';
COMMENT ON COLUMN medical.problems.resolved_on IS 'Date on which it ended, where a list states one.';
COMMENT ON COLUMN medical.problems.status IS 'active, recurrence, remission or resolved, where a list states it.';
COMMENT ON COLUMN medical.problems.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.problems.page IS 'Page on which the problem stands, from 1.';
COMMENT ON COLUMN medical.problems.quote IS 'The document''s own words for the problem.';
COMMENT ON COLUMN medical.problems.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.problems.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.problems.finding_id IS 'The finding of the problem (core.findings).';
COMMENT ON COLUMN medical.problems.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.tests AS
SELECT document_id,
       any_value(document_name) AS document_name,
       record_id,
       any_value(ordinal) AS ordinal,
       max(coalesce(value_text, quote)) FILTER (role = 'test' AND place = 1) AS name,
       max(quote) FILTER (role = 'value' AND place = 1) AS value,
       max(value_number) FILTER (role = 'value' AND place = 1)::DECIMAL(28, 6) AS value_number,
       coalesce(max(value_unit) FILTER (role = 'value' AND place = 1), max(value_code) FILTER (role = 'unit' AND place = 1)) AS unit,
       max(value_code) FILTER (role = 'value' AND place = 1) AS value_code,
       max(coalesce(value_text, quote)) FILTER (role = 'reference_range' AND place = 1) AS reference_range,
       max(value_code) FILTER (role = 'flag' AND place = 1) AS flag,
       max(coalesce(value_text, quote)) FILTER (role = 'body_site' AND place = 1) AS body_site,
       max(value_date) FILTER (role = 'date' AND place = 1) AS date,
       min(probability) AS probability,
       max(page_start) FILTER (role = 'test' AND place = 1) AS page,
       max(quote) FILTER (role = 'test' AND place = 1) AS quote,
       max(char_start) FILTER (role = 'test' AND place = 1) AS char_start,
       max(char_end) FILTER (role = 'test' AND place = 1) AS char_end,
       max(finding_id) FILTER (role = 'test' AND place = 1) AS finding_id,
       list(DISTINCT finding_id ORDER BY finding_id) AS finding_ids
FROM medical.parts
WHERE kind = 'test'
GROUP BY document_id, record_id;
COMMENT ON VIEW medical.tests IS 'One row per result of a test or measurement, and per test named without a result.';
COMMENT ON COLUMN medical.tests.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.tests.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.tests.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.tests.ordinal IS 'Place of the row among those of its kind in the document, from 0.';
COMMENT ON COLUMN medical.tests.name IS 'The test as named.';
COMMENT ON COLUMN medical.tests.value IS 'The result in the document''s words.';
COMMENT ON COLUMN medical.tests.value_number IS 'The result as a number; NULL for a range, a ratio such as a blood pressure, or a word.';
COMMENT ON COLUMN medical.tests.unit IS 'UCUM unit of the result.';
COMMENT ON COLUMN medical.tests.value_code IS 'A result in words as HL7 observation interpretation: N, A, H, L, POS, NEG.';
COMMENT ON COLUMN medical.tests.reference_range IS 'The usual range that the report prints beside the result.';
COMMENT ON COLUMN medical.tests.flag IS 'The laboratory''s mark as HL7 observation interpretation.';
COMMENT ON COLUMN medical.tests.body_site IS 'Where in the body, as stated.';
COMMENT ON COLUMN medical.tests.date IS 'When it was taken or reported, where a whole date is stated with it.';
COMMENT ON COLUMN medical.tests.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.tests.page IS 'Page on which the test stands, from 1.';
COMMENT ON COLUMN medical.tests.quote IS 'The document''s own words for the test.';
COMMENT ON COLUMN medical.tests.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.tests.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.tests.finding_id IS 'The finding of the test (core.findings).';
COMMENT ON COLUMN medical.tests.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.procedures AS
SELECT document_id,
       any_value(document_name) AS document_name,
       record_id,
       any_value(ordinal) AS ordinal,
       max(coalesce(value_text, quote)) FILTER (role = 'procedure' AND place = 1) AS name,
       max(coalesce(value_text, quote)) FILTER (role = 'body_site' AND place = 1) AS body_site,
       max(value_date) FILTER (role = 'date' AND place = 1) AS date,
       max(coalesce(value_text, quote)) FILTER (role = 'detail' AND place = 1) AS detail,
       coalesce(max(regexp_extract(role, '^assertion_(.+)$', 1)) FILTER (starts_with(role, 'assertion_')), 'present') AS assertion,
       min(probability) AS probability,
       max(page_start) FILTER (role = 'procedure' AND place = 1) AS page,
       max(quote) FILTER (role = 'procedure' AND place = 1) AS quote,
       max(char_start) FILTER (role = 'procedure' AND place = 1) AS char_start,
       max(char_end) FILTER (role = 'procedure' AND place = 1) AS char_end,
       max(finding_id) FILTER (role = 'procedure' AND place = 1) AS finding_id,
       list(DISTINCT finding_id ORDER BY finding_id) AS finding_ids
FROM medical.parts
WHERE kind = 'procedure'
GROUP BY document_id, record_id;
COMMENT ON VIEW medical.procedures IS 'One row per mention of a treatment other than a drug.';
COMMENT ON COLUMN medical.procedures.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.procedures.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.procedures.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.procedures.ordinal IS 'Place of the row among those of its kind in the document, from 0.';
COMMENT ON COLUMN medical.procedures.name IS 'The procedure as named.';
COMMENT ON COLUMN medical.procedures.body_site IS 'Where in the body, as stated.';
COMMENT ON COLUMN medical.procedures.date IS 'When it was done, where the record gives a whole date with it.';
COMMENT ON COLUMN medical.procedures.detail IS 'Words that narrow the procedure.';
COMMENT ON COLUMN medical.procedures.assertion IS 'present (carried out in the course that the record tells of), negated, possible, hypothetical (planned or considered), conditional (called for only if something happens), historical (carried out before) or family (of a relative).';
COMMENT ON COLUMN medical.procedures.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.procedures.page IS 'Page on which the procedure stands, from 1.';
COMMENT ON COLUMN medical.procedures.quote IS 'The document''s own words for the procedure.';
COMMENT ON COLUMN medical.procedures.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.procedures.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.procedures.finding_id IS 'The finding of the procedure (core.findings).';
COMMENT ON COLUMN medical.procedures.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.allergies AS
SELECT document_id,
       any_value(document_name) AS document_name,
       record_id,
       any_value(ordinal) AS ordinal,
       max(coalesce(value_text, quote)) FILTER (role = 'allergy' AND place = 1) AS substance,
       max(coalesce(value_text, quote)) FILTER (role = 'reaction' AND place = 1) AS reaction,
       max(coalesce(value_text, quote)) FILTER (role = 'severity' AND place = 1) AS severity,
       max(value_date) FILTER (role = 'date' AND place = 1) AS date,
       min(probability) AS probability,
       max(page_start) FILTER (role = 'allergy' AND place = 1) AS page,
       max(quote) FILTER (role = 'allergy' AND place = 1) AS quote,
       max(char_start) FILTER (role = 'allergy' AND place = 1) AS char_start,
       max(char_end) FILTER (role = 'allergy' AND place = 1) AS char_end,
       max(finding_id) FILTER (role = 'allergy' AND place = 1) AS finding_id,
       list(DISTINCT finding_id ORDER BY finding_id) AS finding_ids
FROM medical.parts
WHERE kind = 'allergy'
GROUP BY document_id, record_id;
COMMENT ON VIEW medical.allergies IS 'One row per allergy stated, or the statement that none is known.';
COMMENT ON COLUMN medical.allergies.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.allergies.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.allergies.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.allergies.ordinal IS 'Place of the row among those of its kind in the document, from 0.';
COMMENT ON COLUMN medical.allergies.substance IS 'The substance, in lower case, or "no known allergies".';
COMMENT ON COLUMN medical.allergies.reaction IS 'What the substance does to the patient, as stated.';
COMMENT ON COLUMN medical.allergies.severity IS 'How bad the reaction is: mild, moderate, severe or life-threatening; other words as stated.';
COMMENT ON COLUMN medical.allergies.date IS 'When it was noted, where a list states it.';
COMMENT ON COLUMN medical.allergies.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.allergies.page IS 'Page on which the allergy stands, from 1.';
COMMENT ON COLUMN medical.allergies.quote IS 'The document''s own words for the allergy.';
COMMENT ON COLUMN medical.allergies.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.allergies.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.allergies.finding_id IS 'The finding of the allergy (core.findings).';
COMMENT ON COLUMN medical.allergies.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.patients AS
SELECT d.document_id,
       d.name AS document_name,
       any_value(record_id) AS record_id,
       max(coalesce(value_text, quote)) FILTER (p.role = 'name' AND place = 1) AS name,
       max(coalesce(value_text, quote)) FILTER (p.role = 'mrn' AND place = 1) AS mrn,
       max(value_date) FILTER (p.role = 'date_of_birth' AND place = 1) AS date_of_birth,
       max(value_number) FILTER (p.role = 'age' AND place = 1)::DECIMAL(28, 6) AS age,
       max(value_unit) FILTER (p.role = 'age' AND place = 1) AS age_unit,
       max(value_code) FILTER (p.role = 'sex' AND place = 1) AS sex,
       max(value_date) FILTER (p.role = 'admission_date' AND place = 1) AS admission_date,
       max(value_date) FILTER (p.role = 'discharge_date' AND place = 1) AS discharge_date,
       max(value_date) FILTER (p.role = 'encounter_date' AND place = 1) AS encounter_date,
       list_filter([
           CASE WHEN bool_or(p.role = 'conflicting_name') THEN 'several patient names' END,
           CASE WHEN bool_or(p.role = 'conflicting_mrn') THEN 'several medical record numbers' END,
           CASE WHEN bool_or(p.role = 'conflicting_date_of_birth') THEN 'several dates of birth' END,
           CASE WHEN bool_or(p.role = 'nobody') THEN 'about no patient' END,
           CASE WHEN NOT coalesce(bool_or(p.role IN ('name', 'mrn', 'conflicting_name', 'conflicting_mrn')), false) THEN 'no patient named' END
       ], lambda warning: warning IS NOT NULL) AS warnings,
       min(probability) AS probability,
       min(page_start) AS page,
       list(DISTINCT finding_id ORDER BY finding_id) FILTER (finding_id IS NOT NULL) AS finding_ids
FROM core.documents AS d
LEFT JOIN medical.parts AS p ON p.document_id = d.document_id AND p.kind = 'patient'
WHERE d.domain = 'medical' AND d.state = 'processed'
GROUP BY d.document_id, d.name;
COMMENT ON VIEW medical.patients IS 'One row per processed medical document: whom it is about, as far as it says. The same person in two documents has two rows.';
COMMENT ON COLUMN medical.patients.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.patients.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.patients.record_id IS 'The record (core.records); NULL where the document says nothing of its patient.';
COMMENT ON COLUMN medical.patients.name IS 'The patient''s name as labelled.';
COMMENT ON COLUMN medical.patients.mrn IS 'Medical record number as labelled.';
COMMENT ON COLUMN medical.patients.date_of_birth IS 'Date of birth; NULL where day and month could be exchanged.';
COMMENT ON COLUMN medical.patients.age IS 'Age, in age_unit.';
COMMENT ON COLUMN medical.patients.age_unit IS 'UCUM: a (years), mo, wk or d.';
COMMENT ON COLUMN medical.patients.sex IS 'HL7 administrative gender: male, female, other or unknown.';
COMMENT ON COLUMN medical.patients.admission_date IS 'Date of admission as labelled.';
COMMENT ON COLUMN medical.patients.discharge_date IS 'Date of discharge as labelled.';
COMMENT ON COLUMN medical.patients.encounter_date IS 'Date of the visit, operation or report as labelled.';
COMMENT ON COLUMN medical.patients.warnings IS 'Why the row may mix patients or tell of none: several names, numbers or dates of birth (the columns in question are then NULL), no patient named, or about no patient (a policy, a leaflet, a study): what it says of drugs, problems and procedures is then hypothetical, and it has no other rows.';
COMMENT ON COLUMN medical.patients.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.patients.page IS 'First page on which one of them stands, from 1.';
COMMENT ON COLUMN medical.patients.finding_ids IS 'The findings (core.findings) that make up the row.';

CREATE OR REPLACE VIEW medical.vitals AS
SELECT t.document_id, t.document_name, t.record_id, p.value_code AS vital, t.value, t.value_number,
       TRY_CAST(regexp_extract(t.value, '(\d{2,3})\s*/\s*(\d{2,3})', 1) AS INTEGER) AS systolic,
       TRY_CAST(regexp_extract(t.value, '(\d{2,3})\s*/\s*(\d{2,3})', 2) AS INTEGER) AS diastolic,
       t.unit, t.body_site, lower(n.quote) AS detail,
       t.probability, t.page, t.quote, t.char_start, t.char_end, t.finding_id, t.finding_ids
FROM medical.tests AS t
JOIN medical.parts AS p ON p.record_id = t.record_id AND p.role = 'test' AND p.place = 1
LEFT JOIN medical.parts AS n ON n.record_id = t.record_id AND n.role = 'detail' AND n.place = 1
WHERE p.value_code_system = 'vital-sign' AND t.value IS NOT NULL;
COMMENT ON VIEW medical.vitals IS 'One row per value of a vital sign: those of medical.tests whose name is one, in a unit that it can have.';
COMMENT ON COLUMN medical.vitals.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.vitals.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.vitals.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.vitals.vital IS 'blood_pressure, heart_rate, respiratory_rate, temperature, oxygen_saturation, weight, height or body_mass_index.';
COMMENT ON COLUMN medical.vitals.value IS 'The value in the document''s words.';
COMMENT ON COLUMN medical.vitals.value_number IS 'The value, in unit; NULL for a range, a pair or words.';
COMMENT ON COLUMN medical.vitals.systolic IS 'First of a pair such as 118/70; NULL where none is written.';
COMMENT ON COLUMN medical.vitals.diastolic IS 'Second of the pair.';
COMMENT ON COLUMN medical.vitals.unit IS 'UCUM unit of the value.';
COMMENT ON COLUMN medical.vitals.body_site IS 'Where it was taken ("L arm"), as written.';
COMMENT ON COLUMN medical.vitals.detail IS 'How it was taken ("standing"), in lower case.';
COMMENT ON COLUMN medical.vitals.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.vitals.page IS 'Page on which the name stands, from 1.';
COMMENT ON COLUMN medical.vitals.quote IS 'The document''s own words for the vital sign.';
COMMENT ON COLUMN medical.vitals.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.vitals.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.vitals.finding_id IS 'The finding of the name (core.findings).';
COMMENT ON COLUMN medical.vitals.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.encounters AS
SELECT document_id, document_name,
       CASE WHEN admission_date IS NOT NULL OR discharge_date IS NOT NULL THEN 'inpatient' END AS class,
       coalesce(admission_date, encounter_date) AS started_on,
       coalesce(discharge_date, CASE WHEN admission_date IS NULL THEN encounter_date END) AS ended_on,
       probability, page, finding_ids
FROM medical.patients
WHERE admission_date IS NOT NULL OR discharge_date IS NOT NULL OR encounter_date IS NOT NULL;
COMMENT ON VIEW medical.encounters IS 'One row per document that dates the stay, visit, operation or report it is about.';
COMMENT ON COLUMN medical.encounters.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.encounters.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.encounters.class IS 'inpatient where an admission or a discharge is dated, else NULL.';
COMMENT ON COLUMN medical.encounters.started_on IS 'Date of admission, else of the visit, operation or report.';
COMMENT ON COLUMN medical.encounters.ended_on IS 'Date of discharge; of a visit, the same day; NULL for a stay whose end is not dated.';
COMMENT ON COLUMN medical.encounters.probability IS 'Lowest calibrated probability among the patient''s findings.';
COMMENT ON COLUMN medical.encounters.page IS 'First page on which one of them stands, from 1.';
COMMENT ON COLUMN medical.encounters.finding_ids IS 'The patient''s findings (core.findings), the dates among them.';

CREATE OR REPLACE VIEW medical.timeline AS
WITH dated AS (
    SELECT w.document_id, w.document_name, w.record_id, w.kind, w.role, w.finding_id AS date_finding_id,
           w.quote AS date_quote, w.page_start AS page, w.probability,
           coalesce(w.value_date, TRY_CAST(w.value_text || '-01' AS DATE), TRY_CAST(w.value_text || '-01-01' AS DATE)) AS happened_on,
           CASE WHEN w.value_date IS NOT NULL THEN 'day' WHEN length(w.value_text) = 7 THEN 'month' ELSE 'year' END AS known_to
    FROM medical.parts AS w
    WHERE w.role IN ('date', 'started_on', 'admission_date', 'discharge_date', 'encounter_date', 'date_of_birth')
), named AS (
    SELECT record_id, coalesce(value_text, quote) AS event, finding_id, probability
    FROM medical.parts
    WHERE role IN ('drug', 'problem', 'test', 'procedure') AND place = 1
), untold AS (
    SELECT DISTINCT record_id
    FROM medical.parts
    WHERE role IN ('assertion_negated', 'assertion_possible', 'assertion_hypothetical', 'assertion_family')
       OR (role = 'assertion_conditional' AND kind <> 'problem')
)
SELECT d.document_id, d.document_name, d.happened_on, d.known_to,
       CASE WHEN d.kind = 'patient' THEN d.role ELSE d.kind END AS kind,
       n.event, d.date_quote, d.page, least(d.probability, n.probability) AS probability, d.record_id,
       list_filter([n.finding_id, d.date_finding_id], lambda id: id IS NOT NULL) AS finding_ids
FROM dated AS d
LEFT JOIN named AS n USING (record_id)
ANTI JOIN untold AS u USING (record_id)
WHERE d.happened_on IS NOT NULL
ORDER BY d.document_id, d.happened_on, d.page, d.record_id;
COMMENT ON VIEW medical.timeline IS 'One row per dated event, in order of time within each document: the patient''s own dates, and problems, drugs, tests and procedures that the record dates. What it denies, supposes, plans or tells of the family is none.';
COMMENT ON COLUMN medical.timeline.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.timeline.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.timeline.happened_on IS 'The date; the first day of the month or year where no more is stated.';
COMMENT ON COLUMN medical.timeline.known_to IS 'day, month or year: how much of the date is stated.';
COMMENT ON COLUMN medical.timeline.kind IS 'date_of_birth, admission_date, discharge_date or encounter_date; else problem, medication, test or procedure.';
COMMENT ON COLUMN medical.timeline.event IS 'What happened, as named; NULL for the patient''s own dates, whose kind says it.';
COMMENT ON COLUMN medical.timeline.date_quote IS 'The document''s own words for the date.';
COMMENT ON COLUMN medical.timeline.page IS 'Page on which the date stands, from 1.';
COMMENT ON COLUMN medical.timeline.probability IS 'Lower of the calibrated probabilities of the event and of its date.';
COMMENT ON COLUMN medical.timeline.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.timeline.finding_ids IS 'The findings (core.findings) of the event and of its date.';

CREATE OR REPLACE VIEW medical.medication_lists AS
SELECT m.document_id, m.document_name, m.record_id,
       CASE WHEN max(regexp_matches(s.title, '(?i)discharge|going home|to take home')::INTEGER) = 1 THEN 'discharge' ELSE 'admission' END AS list
FROM medical.medications AS m
JOIN core.sections AS s ON s.document_id = m.document_id AND s.char_start <= m.char_start AND m.char_start < s.char_end
WHERE regexp_matches(s.title, '(?i)\b(medication|medicine|drug|prescription|med)s?\b')
  AND regexp_matches(s.title, '(?i)discharge|going home|to take home|home|admission|admitting|current|outpatient|prior')
GROUP BY m.document_id, m.document_name, m.record_id;
COMMENT ON VIEW medical.medication_lists IS 'Which mentions of drugs stand in a list of what the patient took before (admission) or is to take from now on (discharge), by their heading.';
COMMENT ON COLUMN medical.medication_lists.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.medication_lists.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.medication_lists.record_id IS 'The medication (medical.medications).';
COMMENT ON COLUMN medical.medication_lists.list IS 'admission or discharge.';

CREATE OR REPLACE VIEW medical.conflicts AS
WITH measured(unit, measure, factor) AS (
    VALUES ('g', 'mass', 1e3), ('mg', 'mass', 1), ('ug', 'mass', 1e-3), ('ng', 'mass', 1e-6),
           ('L', 'volume', 1e3), ('mL', 'volume', 1), ('uL', 'volume', 1e-3),
           ('mol', 'substance', 1e3), ('mmol', 'substance', 1), ('umol', 'substance', 1e-3),
           ('eq', 'charge', 1e3), ('meq', 'charge', 1), ('[iU]', 'activity', 1), ('k[iU]', 'activity', 1e3), ('m[iU]', 'activity', 1e-3)
), listed AS (
    SELECT l.list, m.*, coalesce(u.measure, split_part(m.unit, '/', 1)) || substr(m.unit, 1 + len(split_part(m.unit, '/', 1))) AS measure,
           round(m.dose::DOUBLE * coalesce(u.factor, 1), 9) AS amount, u.measure IS NULL AS is_piece,
           regexp_extract(replace(lower(m.dose_quote), ' ', ''), '^[\d.]+(?:/[\d.]+)+(?:mg|mcg|g)$') AS strength,
           f.times_at_most, CASE WHEN f.wording IS NOT NULL THEN coalesce(f.wording = f.regular, false) END AS is_regular,
           CASE WHEN f.times_at_most IS NOT NULL THEN f.times_at_most::VARCHAR WHEN f.regular NOT IN ('with meals', 'before meals', 'after meals') THEN f.regular END AS often,
           w.value_text AS way
    FROM medical.medication_lists AS l
    JOIN medical.medications AS m USING (record_id)
    LEFT JOIN measured AS u ON u.unit = split_part(m.unit, '/', 1)
    LEFT JOIN medical.frequencies AS f ON f.wording = m.frequency
    LEFT JOIN medical.parts AS w ON w.record_id = m.record_id AND w.role = 'route' AND w.place = 1
    WHERE m.assertion = 'present'
), told AS (
    SELECT document_id, any_value(document_name) AS document_name, coalesce(ingredient, drug) AS drug, list,
           list(DISTINCT concat_ws(' ', coalesce(dose::DOUBLE::VARCHAR, regexp_extract(dose_quote, '^\d.*')), unit, frequency, way)
                ORDER BY concat_ws(' ', coalesce(dose::DOUBLE::VARCHAR, regexp_extract(dose_quote, '^\d.*')), unit, frequency, way)) AS doses,
           list(DISTINCT {measure: measure, amount: amount}) FILTER (amount IS NOT NULL) AS amounts,
           list(DISTINCT measure) FILTER (amount IS NOT NULL) AS measures,
           list(DISTINCT strength) FILTER (strength <> '') AS strengths,
           list(DISTINCT often) FILTER (often IS NOT NULL) AS often,
           list(DISTINCT is_regular) FILTER (is_regular IS NOT NULL) AS regular,
           list(DISTINCT way) FILTER (way IS NOT NULL) AS ways,
           bool_or(dose IS NOT NULL AND is_piece) AS counts_pieces,
           min(probability) AS probability, min(page) AS page, arg_min(quote, char_start) AS quote,
           flatten(list(finding_ids)) AS finding_ids
    FROM listed
    GROUP BY document_id, coalesce(ingredient, drug), list
), compared AS (
    SELECT a.document_id, a.document_name, a.drug, a.doses AS admission_doses, d.doses AS discharge_doses,
           list_filter([
               CASE WHEN len(list_filter(a.amounts, lambda x: list_contains(d.measures, x.measure) AND NOT list_contains(d.amounts, x)))
                       + len(list_filter(d.amounts, lambda x: list_contains(a.measures, x.measure) AND NOT list_contains(a.amounts, x))) > 0
                       OR list_sort(a.strengths) <> list_sort(d.strengths) THEN 'dose' END,
               CASE WHEN NOT list_has_any(a.measures, d.measures) AND NOT a.counts_pieces AND NOT d.counts_pieces THEN 'unit' END,
               CASE WHEN list_sort(a.often) <> list_sort(d.often) OR list_sort(a.regular) <> list_sort(d.regular) THEN 'frequency' END,
               CASE WHEN list_sort(a.ways) <> list_sort(d.ways) THEN 'route' END
           ], lambda x: x IS NOT NULL) AS differs,
           d.quote, a.page AS admission_page, d.page AS discharge_page, least(a.probability, d.probability) AS probability,
           list_concat(a.finding_ids, d.finding_ids) AS finding_ids
    FROM told AS a
    JOIN told AS d ON d.document_id = a.document_id AND d.drug = a.drug AND d.list = 'discharge'
    WHERE a.list = 'admission'
)
SELECT * FROM compared WHERE len(differs) > 0;
COMMENT ON VIEW medical.conflicts IS 'One row per drug that the list of before and the list of discharge of one document give differently: a change to confirm, or a mistake.';
COMMENT ON COLUMN medical.conflicts.differs IS 'Which of dose, unit, frequency and route differ. Amounts are compared in one unit (1 g is 1000 mg), frequencies by their number per day; what either list leaves open differs in nothing.';
COMMENT ON COLUMN medical.conflicts.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.conflicts.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.conflicts.drug IS 'The ingredient, else the drug as named.';
COMMENT ON COLUMN medical.conflicts.admission_doses IS 'Dose, unit, frequency and route in the list of what was taken before.';
COMMENT ON COLUMN medical.conflicts.discharge_doses IS 'Dose, unit, frequency and route in the list of what is to be taken from now on.';
COMMENT ON COLUMN medical.conflicts.quote IS 'The drug in the words of the discharge list.';
COMMENT ON COLUMN medical.conflicts.admission_page IS 'Page of the earlier list, from 1.';
COMMENT ON COLUMN medical.conflicts.discharge_page IS 'Page of the discharge list, from 1.';
COMMENT ON COLUMN medical.conflicts.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.conflicts.finding_ids IS 'The findings (core.findings) of both lists.';

CREATE OR REPLACE VIEW medical.family_history AS
SELECT p.document_id, p.document_name, p.record_id,
       max(coalesce(r.value_text, r.quote)) FILTER (r.role = 'relative' AND r.place = 1) AS relative,
       p.problem, p.icd10_code,
       CASE WHEN bool_or(r.role = 'denied') THEN 'negated' ELSE 'present' END AS assertion,
       p.probability, p.page, p.quote, p.char_start, p.char_end, p.finding_id, p.finding_ids
FROM medical.problems AS p
JOIN medical.parts AS r ON r.record_id = p.record_id
WHERE p.assertion = 'family'
GROUP BY ALL;
COMMENT ON VIEW medical.family_history IS 'One row per problem that the record tells of the patient''s family, with the relative where it names one.';
COMMENT ON COLUMN medical.family_history.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.family_history.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.family_history.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.family_history.relative IS 'Who has or had it, in lower case; NULL where no relative is named with it.';
COMMENT ON COLUMN medical.family_history.problem IS 'The problem as named.';
COMMENT ON COLUMN medical.family_history.icd10_code IS 'ICD-10-CM code that the words of the problem bear; NULL where unsure.';
COMMENT ON COLUMN medical.family_history.assertion IS 'present, or negated where the record says that the family has it not.';
COMMENT ON COLUMN medical.family_history.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.family_history.page IS 'Page on which the words stand, from 1.';
COMMENT ON COLUMN medical.family_history.quote IS 'The document''s own words.';
COMMENT ON COLUMN medical.family_history.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.family_history.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.family_history.finding_id IS 'The finding (core.findings).';
COMMENT ON COLUMN medical.family_history.finding_ids IS 'All findings that make up the row.';

CREATE OR REPLACE VIEW medical.social_history AS
SELECT document_id, document_name, record_id, role AS topic, value_code AS status, coalesce(value_text, quote) AS statement,
       probability, page_start AS page, quote, char_start, char_end, finding_id
FROM medical.parts
WHERE kind = 'social_history';
COMMENT ON VIEW medical.social_history IS 'One row per statement about the patient''s smoking, drinking or work.';
COMMENT ON COLUMN medical.social_history.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN medical.social_history.document_name IS 'File name of the document.';
COMMENT ON COLUMN medical.social_history.record_id IS 'The record (core.records).';
COMMENT ON COLUMN medical.social_history.topic IS 'smoking, alcohol or occupation.';
COMMENT ON COLUMN medical.social_history.status IS 'Of smoking never, former or current; of alcohol none, former or current; NULL for work and where the words do not say.';
COMMENT ON COLUMN medical.social_history.statement IS 'What is stated, white space collapsed.';
COMMENT ON COLUMN medical.social_history.probability IS 'Lowest calibrated probability among the findings that make up the row.';
COMMENT ON COLUMN medical.social_history.page IS 'Page on which the words stand, from 1.';
COMMENT ON COLUMN medical.social_history.quote IS 'The document''s own words.';
COMMENT ON COLUMN medical.social_history.char_start IS 'Where the quote begins in the document''s text, from 0.';
COMMENT ON COLUMN medical.social_history.char_end IS 'One past the quote''s last character.';
COMMENT ON COLUMN medical.social_history.finding_id IS 'The finding (core.findings).';
