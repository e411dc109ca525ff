"""Documents that people have decided about as a whole, as labelled data in the format that training reads.

A document counts when each of its fields is decided: every finding stands for by a person, every absence confirmed. One
with open fields would teach that what nobody looked at is not there. Reads the published snapshot.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_models.domain import Domain
from domain_models.labelled import read_labelled
from flows.stages.database import plain_errors
from flows.stages.publish import publish, snapshot_path
from flows.stages.query import snapshot
from schemas.errors import BadInput

DOCUMENTS = """
SELECT d.document_id, d.name, d.text,
    (SELECT count(*) FROM core.findings AS f WHERE f.document_id = d.document_id AND f.source <> 'review')
        + (SELECT count(*) FROM core.rulings AS r WHERE r.document_id = d.document_id AND r.verdict <> 'found'
            AND NOT EXISTS (FROM core.placements AS p JOIN core.reviews AS w USING (review_id)
                WHERE p.document_id = r.document_id AND p.field = r.field AND p.state = 'standing'
                    AND w.decision = 'absent')) AS open
FROM core.documents AS d
WHERE d.domain = $domain AND d.state = 'processed'
    AND EXISTS (FROM core.placements AS p WHERE p.document_id = d.document_id)
ORDER BY d.name, d.document_id
"""

FINDINGS = """
SELECT field, char_start, char_end FROM core.findings WHERE document_id = $id ORDER BY char_start, char_end, field
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """How many documents were written, how many still have open fields, and the names of those that are reserved."""

    written: int
    unfinished: int
    refused: tuple[str, ...]


class Reserved:
    """Documents that must never be learned from: by SHA-256, by file name, and by text, white space apart."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._names: set[str] = set()
        self._texts: set[str] = set()
        for path in files:
            self._take(path)

    def holds(self, document_id: str, name: str, text: str) -> bool:
        """Whether the document is one of them."""
        return document_id in self._names or name in self._names or _digest(text) in self._texts

    def _take(self, path: Path) -> None:
        if not path.is_file():
            raise BadInput(f"no list of reserved documents at {path}")
        if path.name.endswith((".jsonl", ".jsonl.gz")):
            for document in read_labelled(path):
                self._texts.add(_digest(document.text))
                self._names |= {Path(document.pdf).name} if document.pdf else set()
        else:
            lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
            self._names |= {line for line in lines if line and not line.startswith("#")}


def export_reviews(database: Path, domain: Domain, output: Path, reserved: Reserved) -> Exported:
    """Writes the decided documents of a domain, one JSON object a line, and says what was left out."""
    publish(database)
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        found = connection.execute(DOCUMENTS, {"domain": domain.name}).fetchall()
        refused = {row[0] for row in found if reserved.holds(*row[:3])}
        ready = [row for row in found if row[0] not in refused and not row[3]]
        rows = [
            _row(domain, name, text, connection.execute(FINDINGS, {"id": key}).fetchall())
            for key, name, text, _ in ready
        ]
    output.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    names = tuple(name for key, name, *_ in found if key in refused)
    return Exported(len(rows), len(found) - len(rows) - len(names), names)


def reserved_ids(database: Path, reserved: Reserved) -> frozenset[str]:
    """The ids of a database's documents that are reserved."""
    publish(database)
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        found = connection.execute("SELECT document_id, name, text FROM core.documents").fetchall()
    return frozenset(row[0] for row in found if reserved.holds(*row))


def _row(domain: Domain, name: str, text: str, findings: Sequence[tuple[str, int, int]]) -> dict[str, object]:
    fields = {
        field.label or field.name: {"spans": list(_spans(findings, field.name)), "answer": ""}
        for field in domain.fields
    }
    return {"title": name, "text": text, "fields": fields}


def _spans(findings: Sequence[tuple[str, int, int]], field: str) -> Iterator[list[int]]:
    return ([start, end] for name, start, end in findings if name == field)


def _digest(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
