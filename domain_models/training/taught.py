"""Texts labelled by a larger tagger, for a smaller one to learn from: more text than people have labelled.

    python -m domain_models.training.taught --data ../shared/data --base FOLDER --adapter FOLDER --out FOLDER

Every head labels the training texts of `FILES`, save those that people labelled for it. Writes `<head>.jsonl.gz` in
MACCROBAT's format; what a recipe makes of them is its own business. No dev text is ever labelled.
"""

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from domain_models.decoding.bio import best_tags, entities, word_probabilities
from domain_models.decoding.scores import TokenScores
from domain_models.heads import Head
from domain_models.labelled import read_labelled
from domain_models.runtime.tagger import Tagger

FILES = {
    "maccrobat": "maccrobat/train.jsonl.gz",
    "bc5cdr": "bc5cdr/train.jsonl.gz",
    "ncbi_disease": "ncbi-disease/train.jsonl.gz",
}
"""The labelled training texts, by the head that people labelled them for."""
UNLABELLED = "mtsamples/train.jsonl.gz"


def texts(data: Path) -> Iterator[tuple[str, str, str]]:
    """(head that people labelled it for or '', name, text) of every training text."""
    for head, file in FILES.items():
        for document in read_labelled(data / file):
            yield head, document.name, document.text
    with gzip.open(data / UNLABELLED, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            text = json.loads(line)["text"]
            if text.strip():
                yield "", f"mtsamples {number}", text


def labelled(name: str, text: str, scores: TokenScores, head: Head) -> str:
    """The document with the head's most probable entities, as a line of JSON."""
    probabilities, firsts = word_probabilities(scores, head.name)
    tokens = scores.tokens
    found: list[dict[str, str | int]] = []
    for label, first, past in entities(best_tags(probabilities)):
        last = (int(firsts[past]) if past < len(firsts) else len(tokens)) - 1
        start, end = int(tokens.starts[firsts[first]]), int(tokens.ends[last])
        found.append({"id": f"T{len(found)}", "label": head.labels[label], "start": start, "end": end})
    return json.dumps({"id": name, "text": text, "entities": found, "relations": []}) + "\n"


def label(data: Path, tagger: Tagger, out: Path, head_names: Sequence[str]) -> None:
    """Writes the file of each named head."""
    out.mkdir(parents=True, exist_ok=True)
    every = list(texts(data))
    lines: dict[str, list[str]] = {name: [] for name in head_names}
    for (labelled_for, name, text), scores in zip(every, tagger.read([text for *_, text in every]), strict=True):
        for head in tagger.config.heads:
            if head.name in lines and head.name != labelled_for:
                lines[head.name].append(labelled(name, text, scores, head))
    for head_name, of_head in lines.items():
        with gzip.open(out / f"{head_name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(of_head)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--head", choices=sorted(FILES), action="append", help="not all heads: one, and one process each"
    )
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    label(arguments.data, Tagger(arguments.adapter, arguments.base), arguments.out, arguments.head or tuple(FILES))


if __name__ == "__main__":
    main()
