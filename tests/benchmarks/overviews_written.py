"""Which overviews of contracts a writer tells rightly: `python -m tests.benchmarks.overviews_written [ADAPTER] [--untaught]`.

Reads the 60 dev contracts from their texts as a run does, or the training contracts from which no overview is learnt,
and has the untuned writer and the one tuned by the adapter (the domain's own for overviews unless given) tell which
contract each is, of the words around what was found. Prints what is upheld with the pieces that the labels do not bear
out and the parties left out; then the counts, beside those of what is put together of findings, for all contracts and
for those of which nothing is put together.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rapidfuzz import fuzz

from domain_models.guard.support import supported
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.legal.introduction import overview_asked, read_words
from domain_models.legal.overview import Overview, overview_of
from domain_models.legal.overview_lessons import labelled_signers, overviews_to_learn
from domain_models.legal.signers import party_key
from domain_models.legal.told_overview import overview_passage, read_overview
from domain_models.runtime.device import set_threads
from domain_models.runtime.generator import load_writer
from domain_models.sentences import Interval
from domain_models.training.writer_recipe import load_writer_recipe
from flows.base_models import base_folder
from flows.models import ModelChoice, Models
from flows.settings import prepare_environment, settings
from flows.stages.extract import extract
from flows.stages.segment import segment
from schemas.document import Page, ParsedDocument
from schemas.finding import Finding
from tests.benchmarks.overviews import ALIKE, is_borne
from tests.benchmarks.words import CUAD

MAX_NEW_TOKENS = 120
ADAPTER = Path("domain_models/legal/adapters/overview")
RECIPE = Path("domain_models/training/recipes/legal-writer-overview.toml")


@dataclass(frozen=True)
class Read:
    """A labelled contract, what was found in it, and the words that a writer is asked about."""

    contract: LabelledDocument
    findings: Sequence[Finding]
    passage: tuple[Interval, ...]


@dataclass
class Tally:
    """What a way of telling comes to: overviews, their pieces, those that no label bears out, parties left out."""

    overviews: int = 0
    pieces: int = 0
    wrong: int = 0
    left_out: int = 0


def untaught() -> list[LabelledDocument]:
    """The training contracts that teach no overview, for their labels do not tell it whole or they choose the step."""
    (source,) = load_writer_recipe(RECIPE).sources
    contracts, lessons = read_labelled(CUAD / "train.jsonl.gz"), overviews_to_learn(CUAD / "train.jsonl.gz")
    return [
        c for n, (c, taught) in enumerate(zip(contracts, lessons, strict=True)) if not (taught and source.teaches(n))
    ]


def read_as_run(contracts: Sequence[LabelledDocument]) -> list[Read]:
    """The contracts as a run reads their texts, each on one page."""
    models = Models(ModelChoice(threads=settings().thread_count))
    with models.source("legal") as source:
        documents = [document_of(contract.text) for contract in contracts]
        found = [extract(document, segment(document), source).findings for document in documents]
    return [Read(c, f, overview_passage(c.text, f)) for c, f in zip(contracts, found, strict=True)]


def document_of(text: str) -> ParsedDocument:
    """A text as a document of one page."""
    key = sha256(text.encode()).hexdigest()
    return ParsedDocument(key, key, text, (Page(1, 0, len(text), "pdfium"),))


def answers(rows: Sequence[Read], adapter: Path | None) -> list[str]:
    """What the writer says of each passage; nothing of an empty one."""
    writer = load_writer(base_folder("writer"), adapter)
    asked = [overview_asked(row.contract.text, row.passage) for row in rows if row.passage]
    written = iter(writer.write(asked, MAX_NEW_TOKENS))
    return [next(written) if row.passage else "" for row in rows]


def unborne(overview: Overview, contract: LabelledDocument) -> list[str]:
    """The pieces told that no label bears out."""
    return [one.words for one in overview.pieces if not is_borne(one.words, contract)]


def left_out(overview: Overview, contract: LabelledDocument) -> list[str]:
    """The labelled parties that are not told; what speaks of all by their short names is none."""
    told = [party_key(pieces[0].words) for pieces in overview.parties]
    signers = labelled_signers(contract)
    called = {short for signer in signers for short in signer.called}
    return [
        signer.name
        for signer in signers
        if not set(re.split(r"\s+and\s+|,\s+", signer.name)) <= called
        and not any(fuzz.ratio(party_key(signer.name), key) > ALIKE for key in told)
    ]


def tally(rows: Sequence[Read], overviews: Sequence[Overview | None]) -> Tally:
    """The counts of those that were told."""
    counted = Tally()
    for row, overview in zip(rows, overviews, strict=True):
        if overview is not None:
            counted.overviews += 1
            counted.pieces += len(overview.pieces)
            counted.wrong += len(unborne(overview, row.contract))
            counted.left_out += bool(left_out(overview, row.contract))
    return counted


def report(name: str, rows: Sequence[Read], said: Sequence[str]) -> list[Overview | None]:
    """Prints each answer that is told of, or why not, and gives what is."""
    read = [
        read_overview(answer, row.contract.text, row.findings, row.passage)
        for row, answer in zip(rows, said, strict=True)
    ]
    for row, answer, overview in zip(rows, said, read, strict=True):
        print(f"{name} {row.contract.name[:40]}: {overview.sentence if overview else 'REFUSED ' + answer!r}")
        if overview is not None:
            print(f"    not labelled: {unborne(overview, row.contract)}; left out: {left_out(overview, row.contract)}")
    held = (supported(a, read_words(r.contract.text, r.passage)) for r, a in zip(rows, said, strict=True) if a)
    print(f"{name}: the guard alone upholds {sum(held)} of {sum(map(bool, said))} against the whole passage")
    return read


def main(adapter: Path, contracts: Sequence[LabelledDocument]) -> None:
    """Prints all of it."""
    prepare_environment()
    set_threads(settings().thread_count)
    rows = read_as_run(contracts)
    composed = [overview_of(row.contract.text, row.findings) for row in rows]
    told = {"rules": composed}
    for name, folder in (("untuned", None), ("tuned", adapter)):
        told[name] = report(name, rows, answers(rows, folder))
    for name, overviews in told.items():
        print(name, "all", tally(rows, overviews))
        open_rows = [(r, o) for r, o, c in zip(rows, overviews, composed, strict=True) if c is None]
        print(name, "where the rules tell nothing", tally([r for r, _ in open_rows], [o for _, o in open_rows]))


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != "--untaught"]
    asked = untaught() if "--untaught" in sys.argv else read_labelled(CUAD / "dev.jsonl.gz")
    main(Path(given[0]) if given else ADAPTER, asked)
