-- A ruling names who made it, as a finding does.

ALTER TABLE core.rulings ADD COLUMN source VARCHAR;
COMMENT ON COLUMN core.rulings.source IS 'What the verdict rests on: tagger, patterns, writer (a question put to it) or review (a person). Of several that proposed something, the one whose candidate is the likeliest; where none did, the one that searches for the field. NULL where a run ruled before this was kept.';
ALTER TABLE core.ruling_history ADD COLUMN source VARCHAR;
COMMENT ON COLUMN core.ruling_history.source IS 'What the verdict rested on: tagger, patterns, writer or review.';
