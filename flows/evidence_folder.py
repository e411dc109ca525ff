"""Writes the evidence pages of several documents into one folder, where other pages can point at them."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from flows.evidence_page import evidence_page
from flows.stages.database import private_files
from flows.stages.evidence import gather_evidence
from flows.stages.painter import Painter

Progress = Callable[[int, int], None]


def evidence_files(names: Mapping[str, str]) -> Mapping[str, str]:
    """A file name for each document id, from the documents' own names; where two are alike, with the ids' beginnings."""
    stems = {key: _stem(name) for key, name in names.items()}
    often = Counter(stem.casefold() for stem in stems.values())  # some file systems know no case
    return {
        key: f"{stem}.evidence.html" if often[stem.casefold()] == 1 else f"{stem}.{key[:12]}.evidence.html"
        for key, stem in stems.items()
    }


def write_evidence(
    database: Path, folder: Path, files: Mapping[str, str], drawing: Painter, progress: Progress
) -> None:
    """The evidence page of each document id under its file name in `folder`, which is made where it is not there."""
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
        for done, (key, name) in enumerate(files.items()):
            progress(done, len(files))
            evidence = gather_evidence(database, key)
            drawn = drawing.draw(evidence.path, key, range(len(evidence.pages)), evidence.allowed)
            (folder / name).write_text(evidence_page(evidence, drawn), encoding="utf-8", newline="\n")
        progress(len(files), len(files))


def _stem(name: str) -> str:
    """A document's name as a file's, without what a file system or a shell takes amiss."""
    return re.sub(r"[^\w.()+, -]", "_", Path(name).stem)[:100].strip(" .") or "document"
