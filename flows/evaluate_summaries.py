"""`muniment evaluate summaries`: one-sentence descriptions by the domain's writer, measured on texts that people described.

Beside it stand what the untuned writer and two ways without a model come to on the same rows. Reads no PDFs.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain_models import domains
from domain_models.description import MAX_NEW_TOKENS, load_description
from domain_models.domain import Domain
from domain_models.guard.support import supported
from domain_models.labelled import json_rows
from domain_models.low_rank import load_low_rank_config, writer_adapter
from domain_models.measure.descriptions import lead_1, rouge_l, textrank
from domain_models.sentences import sentence_spans
from flows.base_models import base_folder
from flows.settings import settings
from flows.stages.classify import classify
from schemas.errors import BadInput, DocumentError, ModelUnavailable

if TYPE_CHECKING:
    from domain_models.runtime.generator import Writer

Advance = Callable[[int, int], None]
ASKED_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Described:
    """A text, and the description that a person gave it."""

    text: str
    summary: str


def evaluate_summaries(
    rows: Sequence[Described], domain: Domain, advance: Advance, writer: str = "writer"
) -> dict[str, Any]:
    """All measures under the names that the README lists; `seconds` are the measured writer's.

    It has the domain's adapter, which the `untuned` one lacks; a writer that this was not made for is measured as it is.
    """
    adapter, base = _adapter(domain, writer), base_folder(writer)
    prompts = [load_description(domain.folder).prompt(row.text) for row in rows]
    steps = len(rows) * (2 if adapter else 1)
    untuned, seconds = _written(base, None, prompts, lambda done: advance(done, steps))
    measured = untuned
    if adapter:
        measured, seconds = _written(base, adapter, prompts, lambda done: advance(len(rows) + done, steps))
    wanted = [row.summary for row in rows]
    said = [(sentence, row.text) for row, text in zip(rows, measured, strict=True) for sentence in _sentences(text)]
    return {
        "documents": len(rows),
        "rouge_l": rouge_l(measured, wanted),
        "sentences": len(said),
        "unsupported": sum(not supported(sentence, text) for sentence, text in said),
        "seconds": round(seconds, 1),
        "baselines": {
            "lead_1": rouge_l([lead_1(row.text) for row in rows], wanted),
            "textrank": rouge_l([textrank(row.text) for row in rows], wanted),
            "untuned": rouge_l(untuned, wanted),
        },
    }


def _adapter(domain: Domain, writer: str) -> Path | None:
    """The domain's adapter where it was made for this writer; ModelUnavailable where our own writer has none."""
    adapter = writer_adapter(domain)
    if adapter and load_low_rank_config(adapter).base == writer:
        return adapter
    if writer == "writer":
        raise ModelUnavailable(f"domain {domain.name!r} has no writer's adapter to evaluate")
    return None


def read_described(data: Path) -> list[Described]:
    """Every row of a .jsonl or .jsonl.gz that has a text and a summary; BadInput says what is wrong with the file."""
    rows = [_described(row, data) for row in json_rows(data)]
    told = [row for row in rows if row.text.strip() and row.summary.strip()]
    if not told:
        raise BadInput(f"{data} holds no rows with a text and a summary")
    return told


def _described(row: Mapping[str, Any], data: Path) -> Described:
    if not all(isinstance(row.get(key), str) for key in ("text", "summary")):
        raise BadInput(f'{data}: rows need "text" and "summary"; have: {", ".join(sorted(row))}')
    return Described(row["text"], row["summary"])


def domain_of(rows: Sequence[Described], data: Path) -> Domain:
    """The domain that most of the rows' texts clearly belong to; BadInput where none of them does."""
    have = domains()
    counted = Counter(name for row in rows if (name := _domain_name(row.text, have.values())) is not None)
    if not counted:
        raise BadInput(f"{data}: no row's text belongs clearly to a domain; have: {', '.join(sorted(have))}")
    return have[max(sorted(counted), key=lambda name: counted[name])]


def _domain_name(text: str, have: Any) -> str | None:
    try:
        return classify(text, have).domain
    except DocumentError:
        return None


def _written(
    base: Path, adapter: Path | None, prompts: Sequence[str], advance: Callable[[int], None]
) -> tuple[list[str], float]:
    """The answers, each on one line, and the seconds that writing them took."""
    writer = _load(base, adapter)
    started = time.monotonic()
    answers: list[str] = []
    for first in range(0, len(prompts), ASKED_AT_ONCE):
        answers += writer.write(prompts[first : first + ASKED_AT_ONCE], MAX_NEW_TOKENS)
        advance(len(answers))
    return [" ".join(answer.split()) for answer in answers], time.monotonic() - started


def _load(base: Path, adapter: Path | None) -> "Writer":
    from domain_models.runtime.device import keep_freed_memory, set_threads
    from domain_models.runtime.generator import load_writer

    set_threads(settings().thread_count)
    keep_freed_memory()
    return load_writer(base, adapter)


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]
