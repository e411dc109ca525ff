"""`muniment bench parse`: pages a second of our reading beside pypdf alone and pdfplumber, over the same PDFs.

One process and one thread. Ours includes cleaning, geometry and what the file says of itself; OCR is left out on all
sides, since the others have none.
"""

import logging
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from flows.stages.ingest import discover
from flows.stages.reading.about import read_about
from flows.stages.reading.pages import read_layers, settle
from flows.stages.reading.worker import assemble
from schemas.document import SourceFile
from schemas.errors import BadInput, DocumentError

Reader = Callable[[SourceFile], int]
"""Reads every page of a file and returns how many there were."""


def bench_readers(paths: Sequence[Path], limit: int) -> list[dict[str, object]]:
    """One row a reader: pages, seconds, pages a second, and how many times pypdf's speed. Files that we fail on are left
    out for all. Raises BadInput where no file is left.
    """
    files = [file for file in discover(list(paths)).files if _is_readable(file)][:limit]
    if not files:
        raise BadInput("none of these files can be read")
    readers: dict[str, Reader] = {"muniment": _ours, "pypdf": _pypdf}
    if find_spec("pdfplumber"):
        readers["pdfplumber"] = _pdfplumber
    pages, seconds = dict.fromkeys(readers, 0), dict.fromkeys(readers, 0.0)
    for file in files:  # all readers in turn: a machine that is slower for a while is so for each
        for name, reader in readers.items():
            started = time.perf_counter()
            pages[name] += reader(file)
            seconds[name] += time.perf_counter() - started
    slow = pages["pypdf"] / seconds["pypdf"]
    return [
        {
            "reader": name, "documents": len(files), "pages": pages[name], "seconds": round(seconds[name], 2),
            "pages per second": round(pages[name] / seconds[name], 1),
            "times pypdf": round(pages[name] / seconds[name] / slow, 2),
        }
        for name in readers
    ]  # fmt: skip


def _is_readable(file: SourceFile) -> bool:
    try:
        return bool(_ours(file))
    except DocumentError:
        return False


def _ours(file: SourceFile) -> int:
    content = file.path.read_bytes()
    readings = [settle(reading, None) for reading in read_layers(content)]
    return len(assemble(file, readings, read_about(content)).pages)


def _pypdf(file: SourceFile) -> int:
    import pypdf

    pages = pypdf.PdfReader(file.path).pages
    return sum(1 for page in pages if page.extract_text() is not None)


def _pdfplumber(file: SourceFile) -> int:
    import pdfplumber

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    with pdfplumber.open(file.path) as pdf:
        return sum(1 for page in pdf.pages if page.extract_text() is not None)
