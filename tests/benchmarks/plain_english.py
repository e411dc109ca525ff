"""Clauses in plain English, cross-validated: `python -m tests.benchmarks.plain_english [FOLDS]` (3 by default).

Trains an adapter without each fold of `legal_summaries`, by `recipes/legal-writer-plain.toml`, and has it describe that fold's
clauses. Which step is kept, rows of the other folds say. Prints ROUGE-L of every fold and of all clauses beside the first
sentence and TextRank; half an hour on two cores.
"""

import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from domain_models import get_domain
from domain_models.description import MAX_NEW_TOKENS, load_description
from domain_models.measure.descriptions import lead_1, rouge_l, textrank
from domain_models.runtime.device import set_threads
from domain_models.runtime.generator import load_writer
from domain_models.training.schedule import Clock
from domain_models.training.writer import train
from domain_models.training.writer_examples import make_lessons
from domain_models.training.writer_recipe import load_writer_recipe
from flows.base_models import base_folder
from flows.evaluate_summaries import Described, read_described
from flows.settings import prepare_environment, settings
from tests.benchmarks.words import CUAD

ROWS = CUAD.parent / "legal_summaries" / "train.jsonl.gz"
RECIPE = Path("domain_models/training/recipes/legal-writer-plain.toml")


def described(taught: Sequence[Described], asked: Sequence[Described]) -> list[str]:
    """What a writer that has learnt from some rows says of the others."""
    recipe, base = load_writer_recipe(RECIPE), base_folder("writer")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = (json.dumps({"text": row.text, "summary": row.summary}) for row in taught)
        (folder / recipe.check).write_bytes(gzip.compress("\n".join(lines).encode()))
        train(recipe, base, make_lessons(recipe, folder), folder / "adapter", Clock())
        writer = load_writer(base, folder / "adapter")
    description = load_description(get_domain(recipe.domain).folder)
    answers = writer.write([description.prompt(row.text) for row in asked], MAX_NEW_TOKENS)
    return [" ".join(answer.split()) for answer in answers]


def measure(rows: Sequence[Described], written: Sequence[str]) -> dict[str, float]:
    """ROUGE-L of what was written, and of two ways without a model, on the same rows."""
    wanted = [row.summary for row in rows]
    said = {"tuned": written, "lead_1": [lead_1(r.text) for r in rows], "textrank": [textrank(r.text) for r in rows]}
    return {name: round(rouge_l(texts, wanted), 4) for name, texts in said.items()}


def main() -> None:
    """The command line."""
    prepare_environment()
    set_threads(settings().thread_count)
    folds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    rows = read_described(ROWS)
    all_asked: list[Described] = []
    all_written: list[str] = []
    for fold in range(folds):
        asked = rows[fold::folds]
        written = described([row for number, row in enumerate(rows) if number % folds != fold], asked)
        print(json.dumps({"fold": fold, "clauses": len(asked), **measure(asked, written)}), flush=True)
        all_asked += asked
        all_written += written
    print(json.dumps({"folds": folds, "clauses": len(rows), **measure(all_asked, all_written)}))


if __name__ == "__main__":
    main()
