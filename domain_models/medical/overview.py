"""What a record's lists tell of the patient in their own words: the diagnoses, and the drugs that are taken from now on."""

from collections.abc import Iterator, Sequence

from domain_models.composed import Composed
from domain_models.medical.diagnosis_list import compose_diagnoses
from domain_models.medical.medication_list import compose_medications
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record


def compose(
    document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding], records: Sequence[Record]
) -> Iterator[Composed]:
    """A sentence for each such list that the record has."""
    yield from compose_diagnoses(document, sections, findings)
    yield from compose_medications(document, sections, findings, records)
