"""How much of the labelled identifiers of a file is masked, by kind, and how much is masked that should not be.

Rows of `text, spans[[start, end, type]]` (presidio-research) or, for what must stay, of `text, entities` (MACCROBAT) or
`tokens, tags` (IOB). An identifier counts as masked only if each of its letters and digits is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.identify import identify
from domain_models.labelled import json_rows
from schemas.errors import BadInput

TYPES = {
    "PERSON": "names", "DATE_TIME": "dates", "PHONE_NUMBER": "phones", "EMAIL_ADDRESS": "emails",
    "STREET_ADDRESS": "addresses", "ZIP_CODE": "addresses", "CREDIT_CARD": "ids", "IBAN_CODE": "ids", "US_SSN": "ids",
    "US_DRIVER_LICENSE": "ids", "IP_ADDRESS": "urls and ips", "DOMAIN_NAME": "urls and ips",
}  # fmt: skip
EXCLUDED = {
    "AGE": "under 90 in this file, which the safe harbour lets stand",
    "GPE": "countries and states may stand and are not told apart from towns by this label",
    "ORGANIZATION": "not the name of a person",
    "TITLE": "a form of address or an occupation",
    "NRP": "a nationality or religion, none of the eighteen",
}
WEEKDAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
"""Labelled as dates in the file; dates move by whole weeks, so that weekdays stay, and alone they tell no day."""

MUST_STAY = frozenset(
    {
        "Chemical",
        "Disease",
        "Medication",
        "Disease_disorder",
        "Sign_symptom",
        "Diagnostic_procedure",
        "Therapeutic_procedure",
        "Biological_structure",
        "Lab_value",
    }
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and its labelled intervals."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


FOURTH, UNTUNED = 4, 3

Pair = tuple[Labelled, Sequence[Identifier]]


def read_rows(data: Path) -> list[Labelled]:
    """The rows of a labelled file. Raises BadInput where they are of none of the known forms."""
    return [_row(row, data) for row in json_rows(data)]


def _row(row: Mapping[str, Any], data: Path) -> Labelled:
    if "tokens" in row:
        return _from_tokens(row["tokens"], row["tags"])
    if "entities" in row:
        return Labelled(row["text"], tuple((e["start"], e["end"], e["label"]) for e in row["entities"]))
    if "spans" in row:
        return Labelled(row["text"], tuple((start, end, kind) for start, end, kind in row["spans"]))
    raise BadInput(f"{data}: rows need `spans`, `entities` or `tokens` and `tags`; have: {', '.join(sorted(row))}")


def _from_tokens(tokens: Sequence[str], tags: Sequence[str]) -> Labelled:
    spans: list[tuple[int, int, str]] = []
    at = 0
    for token, tag in zip(tokens, tags, strict=True):
        end = at + len(token)
        if tag.startswith("I-") and spans:
            spans[-1] = (spans[-1][0], end, spans[-1][2])
        elif tag != "O":
            spans.append((at, end, tag[2:]))
        at = end + 1
    return Labelled(" ".join(tokens), tuple(spans))


def evaluate_file(data: Path) -> dict[str, Any]:
    """Recall by kind over all rows, over those that the rules were tuned on and over every fourth, from the third, which they
    never were; precision of all that was masked, and the share of clinical words that were masked and should not be.
    """
    rows = read_rows(data)
    found = [identify(row.text) for row in rows]
    pairs = list(zip(rows, found, strict=True))
    stays = _shares(pairs, "stays ")
    recall = _shares(pairs, "")
    if not recall:
        return {"rows": len(rows), "masked_of_what_must_stay": stays}
    return {
        "rows": len(rows),
        **_precision(pairs),
        "recall": recall,
        "recall_of_tuned_rows": _shares([pair for n, pair in enumerate(pairs) if n % FOURTH != UNTUNED], ""),
        "recall_of_untuned_rows": _shares(pairs[UNTUNED::FOURTH], ""),
        "not_measured": {label: {"why": why} for label, why in EXCLUDED.items()},
    }


def _shares(pairs: Sequence[Pair], prefix: str) -> dict[str, dict[str, float | int]]:
    """By kind, how many labelled intervals were masked; `stays ` marks the kinds that must not be."""
    counts = Counter(judged for row, masked in pairs for judged in _judged(row, masked))
    kinds = sorted({kind for kind, _ in counts if kind.startswith("stays ") == bool(prefix)})
    return {
        kind.removeprefix(prefix): {
            "share": counts[kind, True] / (counts[kind, True] + counts[kind, False]),
            "masked": counts[kind, True],
            "labelled": counts[kind, True] + counts[kind, False],
        }
        for kind in kinds
    }


def _judged(row: Labelled, masked: Sequence[Identifier]) -> Iterator[tuple[str, bool]]:
    for start, end, label in row.spans:
        if label in TYPES and not _is_weekday(row, start, end):
            yield TYPES[label], _is_hidden(row.text, (start, end), masked)
        elif label in MUST_STAY:
            yield f"stays {label}", any(m.char_start < end and start < m.char_end for m in masked)


def _is_weekday(row: Labelled, start: int, end: int) -> bool:
    return row.text[start:end].lower() in WEEKDAYS


def _is_hidden(text: str, place: tuple[int, int], masked: Sequence[Identifier]) -> bool:
    covered = {at for one in masked for at in range(one.char_start, one.char_end)}
    return all(at in covered for at in range(*place) if text[at].isalnum())


def _precision(pairs: Sequence[Pair]) -> dict[str, float | int]:
    """Of what was masked, the share that touches a labelled interval of any type."""
    right = [
        any(start < one.char_end and one.char_start < end for start, end, _ in row.spans)
        for row, masked in pairs
        for one in masked
    ]
    return {"precision": sum(right) / len(right) if right else 0.0, "masked": len(right)}
