"""The view `<domain>.custom_fields`: what a user's own fields amount to, one row for each and each document."""

from domain_models.custom_fields import asked_fields
from domain_models.domain import Domain

VIEW = """
CREATE OR REPLACE VIEW "{domain}".custom_fields AS
SELECT d.document_id, d.name AS document_name, r.field, c.description, r.verdict, f.quote, f.page_start AS page,
    f.value_text, f.value_date, f.value_number, f.value_unit, f.value_code, f.probability, r.best_score, f.finding_id
FROM core.rulings AS r JOIN core.documents AS d USING (document_id)
JOIN core.fields AS c ON c.domain = d.domain AND c.field = r.field
LEFT JOIN core.findings AS f ON f.document_id = r.document_id AND f.field = r.field
WHERE d.domain = '{domain}' AND d.state = 'processed' AND r.field IN ({names})
ORDER BY d.name, d.document_id, c.ordinal, f.char_start;
COMMENT ON VIEW "{domain}".custom_fields IS 'One row per document and field of the user''s own, more where several places answer.';
COMMENT ON COLUMN "{domain}".custom_fields.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN "{domain}".custom_fields.document_name IS 'Its file name.';
COMMENT ON COLUMN "{domain}".custom_fields.field IS 'The field''s name (core.fields).';
COMMENT ON COLUMN "{domain}".custom_fields.description IS 'Its title and its question.';
COMMENT ON COLUMN "{domain}".custom_fields.verdict IS 'found, absent or abstained (core.rulings).';
COMMENT ON COLUMN "{domain}".custom_fields.quote IS 'The words that answer; NULL where none are found, as all that follows but best_score.';
COMMENT ON COLUMN "{domain}".custom_fields.page IS 'The page that they begin on.';
COMMENT ON COLUMN "{domain}".custom_fields.value_text IS 'Their value where it is a text, or yes for a clause.';
COMMENT ON COLUMN "{domain}".custom_fields.value_date IS 'Their value where it is a date.';
COMMENT ON COLUMN "{domain}".custom_fields.value_number IS 'Their value where it is a number.';
COMMENT ON COLUMN "{domain}".custom_fields.value_unit IS 'The number''s unit or currency.';
COMMENT ON COLUMN "{domain}".custom_fields.value_code IS 'Their value where it is a code, such as that of a state.';
COMMENT ON COLUMN "{domain}".custom_fields.probability IS 'How likely they answer, 0 to 1.';
COMMENT ON COLUMN "{domain}".custom_fields.best_score IS 'The best probability of any answer, found or not.';
COMMENT ON COLUMN "{domain}".custom_fields.finding_id IS 'The finding (core.findings).';
"""


def asked_view(domain: Domain) -> str:
    """The SQL of the domain's view; empty where a user has added nothing to it."""
    names = ", ".join(f"'{field.name}'" for field in asked_fields(domain))
    return VIEW.format(domain=domain.name, names=names) if names else ""
