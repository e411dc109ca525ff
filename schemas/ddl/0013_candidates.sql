-- The codes that were considered for a finding stay beside the one that was given, or left open.

ALTER TABLE core.findings ADD COLUMN value_candidates STRUCT(code VARCHAR, description VARCHAR, score DOUBLE)[];
COMMENT ON COLUMN core.findings.value_candidates IS 'Codes near the words of the finding, best first, each with its title and a score from 0 to 1 that is no probability. Of the system that the field is coded in (ICD-10-CM for problems), also where value_code is NULL because none is sure. NULL where none was near, and for fields without codes to choose from.';
ALTER TABLE core.finding_history ADD COLUMN value_candidates STRUCT(code VARCHAR, description VARCHAR, score DOUBLE)[];
COMMENT ON COLUMN core.finding_history.value_candidates IS 'As in core.findings.';
