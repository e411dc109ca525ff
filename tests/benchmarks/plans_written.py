"""How rightly a writer tells what is planned for a problem: `python -m tests.benchmarks.plans_written [ADAPTER]`.

Every fourth visit note of `aci_notes`, from which nothing is learnt. First the passages that `plan_lessons` cuts from these
notes, laid out and with their lines joined: what the untuned writer and the tuned one (the domain's own for plans unless given)
say is held against the note's own structure. Then each note as a run reads it: of how many a plan is put together by
layout, and by the one problem of its assessment; and where layout tells nothing, what of the writer's answer is upheld.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from domain_models.composed import pieces_saying
from domain_models.labelled import json_rows
from domain_models.lessons import WriterExample
from domain_models.medical.diagnosis_list import PROBLEMS
from domain_models.medical.plan_lessons import plans_to_learn
from domain_models.medical.plan_passage import plan_asked, plan_passage
from domain_models.medical.problem_plan import acts_of, planned
from domain_models.medical.prose_plan import planned_in_prose
from domain_models.runtime.device import set_threads
from domain_models.runtime.generator import Writer, load_writer
from domain_models.sentences import Interval
from flows.base_models import base_folder
from flows.models import ModelChoice, Models
from flows.settings import prepare_environment, settings
from flows.stages.extract import extract
from flows.stages.segment import segment
from schemas.document import ParsedDocument
from schemas.finding import Finding
from tests.benchmarks.overviews_written import document_of
from tests.benchmarks.words import CUAD

NOTES = CUAD.parent / "aci_notes" / "notes.jsonl.gz"
HELD_OUT = 4  # every such note
MAX_NEW_TOKENS = 120
ADAPTER = Path("domain_models/medical/adapters/plan")


def parts(answer: str) -> tuple[str, list[str]]:
    """The problem of an answer, and what is done about it."""
    problem, _, acts = " ".join(answer.split()).rstrip(".").partition(": ")
    return problem, acts.split("; ")


def held_to_labels(said: Sequence[str], examples: Sequence[WriterExample]) -> Counter[str]:
    """How many answers name the right problem and nothing wrong; acts told, those that are right, and those wanted."""
    counted: Counter[str] = Counter(answers=len(examples))
    for answer, example in zip(said, examples, strict=True):
        (problem, acts), (wanted_problem, wanted) = parts(answer), parts(example.answer)
        right = sum(act in wanted for act in acts)
        counted["same words"] += answer == example.answer
        counted["problem right"] += problem == wanted_problem
        counted.update({"acts told": len(acts), "acts right": right, "acts wanted": len(wanted)})
        counted["verbatim"] += all(act in " ".join(example.prompt.split()) for act in (problem, *acts))
    return counted


def notes_read() -> list[tuple[ParsedDocument, Sequence[Finding]]]:
    """The notes held out as a run reads them, each on one page."""
    documents = [document_of(row["note"]) for row in list(json_rows(NOTES))[::HELD_OUT]]
    models = Models(ModelChoice(threads=settings().thread_count))
    with models.source("medical") as source:
        return [(document, extract(document, segment(document), source).findings) for document in documents]


def is_upheld(answer: str, document: ParsedDocument, findings: Sequence[Finding], passage: Sequence[Interval]) -> bool:
    """Whether the problem was found in the passage, and each act is a sentence behind it that says what is done, once."""
    text, (problem, acts) = document.text, parts(answer)
    named = (
        [one for place in passage for one in pieces_saying(text, place, problem)] if len(problem) < len(text) else []
    )
    places = [f.char_start for f in findings if f.field in PROBLEMS]
    found = [one.place[1] for one in named if any(one.place[0] <= at < one.place[1] for at in places)]
    planned_for = [act for start, end in passage for act in acts_of(text, (start, end), ())]
    sure = {act.words for act in planned_for if found and act.place[0] >= min(found)}
    return len(set(acts)) == len(acts) and set(acts) <= sure


def told_where_rules_tell_nothing(
    writer: Writer, notes: Sequence[tuple[ParsedDocument, Sequence[Finding]]]
) -> list[tuple[str, bool]]:
    """The writer's answer for each note that the rules tell nothing of, and whether it is upheld."""
    asked = []
    for document, findings in notes:
        sections = segment(document)
        passage = plan_passage(document.text, sections)
        if passage and planned(document.text, sections, findings) is None:
            asked.append((document, findings, passage))
    said = writer.write([plan_asked(document.text, passage) for document, _, passage in asked], MAX_NEW_TOKENS)
    return [(answer, is_upheld(answer, *about)) for answer, about in zip(said, asked, strict=True)]


def main(adapter: Path) -> None:
    """Prints all of it."""
    prepare_environment()
    set_threads(settings().thread_count)
    examples = [example for row in plans_to_learn(NOTES)[::HELD_OUT] for example in row]
    notes = notes_read()
    read = [(document.text, segment(document), findings) for document, findings in notes]
    rest = [about for about in read if planned(*about) is None]
    in_prose = sum(planned_in_prose(*about) is not None for about in rest)
    print(f"{len(read)} notes, a plan by layout of {len(read) - len(rest)}, in prose of {in_prose}")
    for name, folder in (("untuned", None), ("tuned", adapter)):
        writer = load_writer(base_folder("writer"), folder)
        said = writer.write([example.prompt for example in examples], MAX_NEW_TOKENS)
        for answer, example in zip(said, examples, strict=True):
            if answer != example.answer:
                print(f"{name}: {answer!r}\n    labelled: {example.answer!r}")
        for layout, first in (("laid out", 0), ("joined", 1)):
            print(name, layout, dict(held_to_labels(said[first::2], examples[first::2])))
        told = told_where_rules_tell_nothing(writer, notes)
        for answer, upheld in told:
            print(f"{name} {'upheld' if upheld else 'REFUSED'}: {answer!r}")
        print(f"{name}: asked of {len(told)} notes, {sum(upheld for _, upheld in told)} upheld")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ADAPTER)
