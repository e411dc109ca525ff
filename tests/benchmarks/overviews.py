"""How right the overviews are that are put together of findings, by the labellers' own words for the same contracts.

`python -m tests.benchmarks.overviews DATABASE FILE.jsonl.gz...`, of a run over the labelled contracts' PDFs with summaries.
A piece is borne out where a title, party or date that the labellers marked or answered is spelt alike.
"""

import sys
from pathlib import Path

from rapidfuzz import fuzz

from domain_models.labelled import LabelledDocument, read_labelled
from flows.stages.query import run_query

LABELS = ("Document Name", "Parties", "Agreement Date", "Effective Date")
ALIKE = 88  # characters of 100

PIECES = """
SELECT parse_filename(d.path), d.text[cited.char_start + 1 : cited.char_end]
FROM (FROM core.summaries SELECT *, unnest(citations) AS cited WHERE origin = 'composed') s
JOIN core.documents d USING (document_id) WHERE d.domain = 'legal' ORDER BY ALL
"""


def main(database: Path, files: list[Path]) -> None:
    """Prints every piece that the labels do not bear out, then the counts."""
    labelled = {Path(one.pdf).name: one for file in files for one in read_labelled(file, 32) if one.pdf}
    pieces = [(str(name), " ".join(str(words).split())) for name, words in run_query(database, PIECES).rows]
    known = [(name, words) for name, words in pieces if name in labelled]
    wrong = [(name, words) for name, words in known if not is_borne(words, labelled[name])]
    for name, words in wrong:
        print(f"{name}: {words}")
    print(
        f"{len({name for name, _ in known})} overviews, {len(known)} pieces, {len(wrong)} that the labels do not have"
    )


def is_borne(words: str, contract: LabelledDocument) -> bool:
    """Whether a title, party or date of the labels is spelt like the words."""
    said = [text for label in LABELS for text in (*contract.quotes.get(label, ()), contract.answers.get(label, ""))]
    return any(fuzz.partial_ratio(words.lower(), " ".join(text.lower().split())) >= ALIKE for text in said if text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
