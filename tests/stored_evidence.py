"""A database with one contract, read from its PDF, some of its words marked: for the tests of what is shown of it."""

from dataclasses import replace
from pathlib import Path

from made_pdfs import lines_pdf
from stored_sample import START

from domain_models.legal import DOMAIN
from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from flows.stages.store import Extraction, Parsed, open_store
from schemas.finding import Finding, Ruling
from schemas.run import Run

CONTRACT = [
    [
        "This Agreement is made on May 4, 2015 between Alder Ltd and Birch Inc.",
        "It is governed by the laws of Delaware.",
    ],
    ["Signed on May 9, 2015.", 'The word "><script>alert(1)</script> & <b onclick=alert(2)> means nothing.'],
]
MARKED = {
    "agreement_date": ["May 4, 2015", "May 9, 2015"],
    "governing_law": ["It is governed by the laws of Delaware."],
    "parties": ["Alder Ltd", '"><script>alert(1)</script> & <b onclick=alert(2)>'],
}
OPEN = "expiration_date"


def store(folder: Path, name: str = "contract.pdf", tagger: str = "t1", content: bytes = b"") -> Path:
    """A database with one contract, some of its words marked; its file stands in `folder`."""
    (folder / name).write_bytes(content or lines_pdf(CONTRACT))
    (file,) = discover([folder / name]).files
    document = parse_file(file)
    found = []
    for field, quotes in MARKED.items():
        for quote in quotes:
            start = document.text.index(quote)
            end = start + len(quote)
            value = DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)
            pages = document.pages_of(start, end)
            found.append(Finding(document.id, field, quote, start, end, *pages, 0.85, "tagger", value))
    sure = replace(found[0], probability=0.95)
    rulings = [Ruling(document.id, field, "found", 0.95, 0.5, 0.1, 100, "tagger") for field in MARKED]
    rulings += [Ruling(document.id, OPEN, "abstained", 0.3, 0.5, 0.1, 100, "tagger")]
    others = {field.name for field in DOMAIN.fields} - {*MARKED, OPEN}
    rulings += [Ruling(document.id, field, "absent", 0.05, 0.5, 0.1, 100, "tagger") for field in sorted(others)]
    findings = (sure, *found[1:])
    made_of = Extraction(document.id, findings, tuple(rulings), tuple(DOMAIN.group(document, (), findings)))
    with open_store(folder / "m.duckdb", [DOMAIN]) as made:
        made.start_run("run-1", START, {"parser": "p1"})
        made.save_parsed([Parsed(file, document, (), DOMAIN.name, None)], "p1", "run-1")
        made.save_extraction([made_of], tagger, "rules", "run-1")
        made.finish_run(Run("run-1", START, START, 1, 1, 0, 0, 2, len(findings), 1.0))
    return folder / "m.duckdb"
