"""Labelled documents, for training and for measuring, from the formats that the field publishes. No model here.

Formats (one JSON object a line, gzip or plain), told apart by their keys:
  fields    contracts in CUAD's manner: `text, fields{label: {spans [[start, end)], answer}}, pdf?`
  entities  case reports in MACCROBAT's manner: `id, text, entities[{label, start, end}], relations`
  tags      sentences as `tokens, tags` (IOB2); consecutive rows are joined, since they come from one abstract
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.errors import BadInput

SENTENCES_PER_DOCUMENT = 8
"""What training joins: as many sentences as a window of the medical tagger holds."""


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """A label on `[char_start, char_end)` of its document's text."""

    label: str
    char_start: int
    char_end: int


@dataclass(frozen=True)
class LabelledDocument:
    """A text with everything its labellers marked; `answers` are their normalised answers by label, where given.

    `pdf` is the original's path relative to the labelled file's folder.
    """

    name: str
    text: str
    spans: tuple[LabelledSpan, ...]
    answers: Mapping[str, str] = field(default_factory=dict)
    pdf: str | None = None

    @property
    def quotes(self) -> Mapping[str, list[str]]:
        """The words that the labellers marked, by label, in the order of the spans."""
        quotes: dict[str, list[str]] = {}
        for span in self.spans:
            quotes.setdefault(span.label, []).append(self.text[span.char_start : span.char_end])
        return quotes


def read_labelled(path: Path, sentences: int = SENTENCES_PER_DOCUMENT) -> list[LabelledDocument]:
    """Every document of a labelled file, in file order, so many `sentences` a document where rows are sentences.

    BadInput names what is wrong with the file.
    """
    rows = list(json_rows(path))
    if not rows:
        raise BadInput(f"{path} holds no rows")
    if "fields" in rows[0]:
        return [_contract(row) for row in rows]
    if "entities" in rows[0]:
        return [_case_report(row) for row in rows]
    if "tags" in rows[0]:
        firsts = range(0, len(rows), sentences)
        return [join_sentences(f"rows {first}", rows[first : first + sentences]) for first in firsts]
    keys = ", ".join(sorted(rows[0]))
    raise BadInput(f"{path}: rows have the keys {keys}; expected one of: fields, entities, tags")


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a .jsonl or .jsonl.gz file, blank lines left out. BadInput names what is wrong with the file."""
    if not path.is_file():
        raise BadInput(f"no labelled file at {path}")
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")  # noqa: SIM115  # the next line closes it
    try:
        with opened as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _object(line, f"{path}, line {number}")
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"{path}: not a whole .jsonl or .jsonl.gz file of UTF-8 text") from error


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        row = None
    if not isinstance(row, dict):
        raise BadInput(f"{place}: not a JSON object")
    return row


def _contract(row: Mapping[str, Any]) -> LabelledDocument:
    spans = (LabelledSpan(label, *span) for label, marked in row["fields"].items() for span in marked["spans"])
    answers = {label: marked.get("answer", "") for label, marked in row["fields"].items()}
    return LabelledDocument(row["title"], row["text"], tuple(spans), answers, row.get("pdf"))


def _case_report(row: Mapping[str, Any]) -> LabelledDocument:
    spans = (LabelledSpan(entity["label"], entity["start"], entity["end"]) for entity in row["entities"])
    return LabelledDocument(str(row["id"]), row["text"], tuple(spans))


def join_sentences(name: str, rows: Sequence[Mapping[str, Any]]) -> LabelledDocument:
    """Tokenised sentences as one text, tokens set apart by spaces and sentences by line breaks."""
    pieces: list[str] = []
    spans: list[LabelledSpan] = []
    position = 0
    for row in rows:
        for token, tag in zip(row["tokens"], row["tags"], strict=True):
            end = position + len(token)
            prefix, _, label = tag.partition("-")
            if prefix == "I" and spans and spans[-1].label == label:
                spans[-1] = LabelledSpan(label, spans[-1].char_start, end)
            elif prefix in {"B", "I"}:
                spans.append(LabelledSpan(label, position, end))
            pieces.append(token)
            position = end + 1
            pieces.append(" ")
        pieces[-1] = "\n"
    return LabelledDocument(name, "".join(pieces), tuple(spans))
