"""The view `<domain>.auto_accept`: how sure each field's findings must be to need no second look, and how many are.

Made from the calibrations that stand beside the domain's adapters; says nothing of an adapter from another folder.
"""

from collections.abc import Iterator

from domain_models.adapter import is_tagger, load_config
from domain_models.decoding.scorer import calibration_file, load_calibration
from domain_models.domain import Domain
from domain_models.tagging import plan_span_source

VIEW = """
CREATE OR REPLACE VIEW "{domain}".auto_accept AS
WITH calibrated(adapter, tagger, field, label, found_at, accept_at, held_out_share, held_out_findings) AS (VALUES
    {rows}
), stored AS (
    SELECT regexp_replace(d.tagger, '\\+r[0-9a-f]{{8}}$', '') AS tagger, f.field, f.probability, f.finding_id
    FROM core.findings AS f JOIN core.documents AS d USING (document_id)
    WHERE d.domain = '{domain}' AND d.state = 'processed' AND f.source = 'tagger'
)
SELECT c.*, count(s.finding_id) AS findings, count(s.finding_id) FILTER (WHERE s.probability >= c.accept_at) AS accepted
FROM calibrated AS c LEFT JOIN stored AS s USING (tagger, field)
GROUP BY ALL
ORDER BY c.adapter, c.field;
COMMENT ON VIEW "{domain}".auto_accept IS
    'One row per adapter and field: from which probability on 95 of 100 findings are right, and how many that passes.';
COMMENT ON COLUMN "{domain}".auto_accept.adapter IS 'The adapter (small, base).';
COMMENT ON COLUMN "{domain}".auto_accept.tagger IS 'Its version, as in core.documents.tagger.';
COMMENT ON COLUMN "{domain}".auto_accept.field IS 'The field (core.fields).';
COMMENT ON COLUMN "{domain}".auto_accept.label IS 'Its name in the data that the model learned from.';
COMMENT ON COLUMN "{domain}".auto_accept.found_at IS 'Probability from which a finding is stored.';
COMMENT ON COLUMN "{domain}".auto_accept.accept_at IS
    'Probability from which 95 of 100 findings were right on held-out documents; NULL where no probability promises that.';
COMMENT ON COLUMN "{domain}".auto_accept.held_out_share IS 'Share of the right findings on held-out documents that reach accept_at.';
COMMENT ON COLUMN "{domain}".auto_accept.held_out_findings IS
    'How many right findings there were. Where they are few, accept_at is mostly that of all fields together.';
COMMENT ON COLUMN "{domain}".auto_accept.findings IS 'Findings of this field that this adapter has stored.';
COMMENT ON COLUMN "{domain}".auto_accept.accepted IS 'How many of them reach accept_at.';
"""


def auto_accept_view(domain: Domain) -> str:
    """The SQL of the domain's view; empty where no adapter of its has fitted acceptances."""
    rows = ",\n    ".join(_rows(domain))
    return VIEW.format(domain=domain.name, rows=rows) if rows else ""


def _rows(domain: Domain) -> Iterator[str]:
    names = {field.label: field.name for field in domain.fields}
    for folder in sorted((domain.folder / "adapters").glob("*")):
        if not is_tagger(folder):
            continue
        version = plan_span_source(domain, folder.name).version
        for head in load_config(folder).heads:
            path = calibration_file(folder, head.name)
            calibration = load_calibration(path) if path.is_file() else None
            for label, found in calibration.acceptances.items() if calibration else ():
                if label in names and calibration:
                    cells = [_quoted(folder.name), _quoted(version), _quoted(names[label]), _quoted(label)]
                    accept_at = "CAST(NULL AS DOUBLE)" if found.accept_at is None else f"{found.accept_at}::DOUBLE"
                    numbers = [f"{calibration.thresholds[label].found_at}::DOUBLE", accept_at, f"{found.share}::DOUBLE"]
                    yield f"({', '.join([*cells, *numbers, str(found.support)])})"


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
