"""A document with surrogates in place of whatever identifies somebody: its text, pages, places and what its file says.

Stands between reading and everything that is stored, so that no database ever holds the original. Knows neither how
identifiers are found nor the database.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePath

import regex

from domain_models.deidentify.surrogates import Masked, mask, random_days
from flows.stages.ingest import DOCUMENT_SUFFIXES, Discovery
from schemas.about import About, Attachment, Bookmark
from schemas.document import Page, ParsedDocument, SourceFile
from schemas.geometry import PageMap, Rectangle, rectangles
from schemas.masking import MaskedPlace
from schemas.run import Failure, Skip

PLAIN_LABEL = regex.compile(r"(?i)[ivxlcdm]{1,8}|[a-z]?-?\d{1,4}")
TITLE = "[TITLE]"


@dataclass(frozen=True, slots=True)
class Aliases:
    """What is stored in place of the paths of a run's files, whose names may be people's; the paths themselves where
    nothing is hidden (`names` is None).
    """

    names: Mapping[str, str] | None = field(default=None, repr=False)

    def of(self, path: object) -> str:
        """What to store for a path. A path that the run did not see is an error."""
        return str(path) if self.names is None else self.names[str(path)]

    def only(self, files: Sequence[SourceFile]) -> "Aliases":
        """Those of these files alone."""
        if self.names is None:
            return self
        return Aliases({str(file.path): self.names[str(file.path)] for file in files})

    def failure(self, failure: Failure) -> Failure:
        """The failure under the name to store."""
        return replace(failure, path=self.of(failure.path))

    def skip(self, skip: Skip) -> Skip:
        """The skip under the name to store."""
        return replace(skip, path=self.of(skip.path))


def aliases(found: Discovery) -> Aliases:
    """A document goes by the beginning of its id, any other file by its number among the files seen."""
    names = {str(file.path): f"{file.sha256[:12]}{_suffix(str(file.path))}" for file in found.files}
    others = sorted({*(skip.path for skip in found.skips), *(failure.path for failure in found.failures)})
    return Aliases(names | {path: f"file-{n:05}{_suffix(path)}" for n, path in enumerate(others, start=1)})


def _suffix(path: str) -> str:
    suffix = PurePath(path).suffix.lower()
    return suffix if suffix in DOCUMENT_SUFFIXES else ""


def deidentify(document: ParsedDocument, name: str) -> tuple[ParsedDocument, tuple[MaskedPlace, ...]]:
    """The document as it may be stored under `name`, and what was masked. Its dates move by a new random number of weeks."""
    masked = mask(document.text, random_days(), datetime.now(UTC).date())
    pages = tuple(
        replace(page, char_start=masked.place(page.char_start), char_end=masked.place(page.char_end))
        for page in document.pages
    )
    maps = tuple(
        masked_map(page_map, page, masked)
        for page, page_map in zip(document.pages if document.maps else (), document.maps, strict=True)
    )
    places = tuple(
        MaskedPlace(m.kind, m.char_start, m.char_end, _boxes(document, m.source_start, m.source_end))
        for m in masked.masks
    )
    about = _about(document, masked)
    return ParsedDocument(document.id, name, masked.text, pages, maps, about), places


def _boxes(document: ParsedDocument, start: int, end: int) -> tuple[Rectangle, ...]:
    pairs = zip(document.pages, document.maps, strict=False)
    told = [(page, page_map) for page, page_map in pairs if page_map.starts]
    return rectangles([page for page, _ in told], [page_map for _, page_map in told], start, end)


def masked_map(page_map: PageMap, page: Page, masked: Masked) -> PageMap:
    """Where the masked page's characters stand. Those of a surrogate share the room of what they replace, evenly: the
    widths of its letters would tell the original.
    """
    if not page_map.starts:
        return page_map
    made = _Runs(page_map)
    at = page.char_start
    for one in masked.masks:
        if page.char_start <= one.source_start < page.char_end:
            made.keep(at - page.char_start, one.source_start - page.char_start)
            place = (one.source_start - page.char_start, one.source_end - page.char_start)
            made.squeeze(*place, one.char_end - one.char_start)
            at = one.source_end
    made.keep(at - page.char_start, page.char_end - page.char_start)
    return made.map()


class _Runs:
    """Builds a page's new map: for each new character, the old run that it stands in (None between runs) and its edge."""

    def __init__(self, old: PageMap) -> None:
        self._old = old
        self._of = array("i", [-1]) * len(old.edges)
        for number, (start, length) in enumerate(zip(old.starts, old.lengths, strict=True)):
            self._of[start : start + length] = array("i", [number]) * length
        self._runs: list[int] = []
        self._edges: list[int] = []

    def keep(self, start: int, end: int) -> None:
        """The old characters as they stand."""
        self._runs += self._of[start:end]
        self._edges += self._old.edges[start:end]

    def squeeze(self, start: int, end: int, length: int) -> None:
        """`length` new characters in the room of the old ones, run by run."""
        runs = [run for run in dict.fromkeys(self._of[start:end]) if run >= 0]
        if not runs:
            self._runs += [-1] * length
            self._edges += [0] * length
            return
        shares = [runs[step * len(runs) // length] for step in range(length)]
        for run in dict.fromkeys(shares):
            count = shares.count(run)
            begin, stop = self._span(run, start, end)
            self._runs += [run] * count
            self._edges += [begin + step * (stop - begin) // count for step in range(count)]

    def map(self) -> PageMap:
        """The new map; a run without a character is gone."""
        starts, lengths = array("i"), array("i")
        chosen: list[int] = []
        for at, run in enumerate(self._runs):
            if run >= 0 and chosen and run == chosen[-1]:
                lengths[-1] = at - starts[-1] + 1
            elif run >= 0:
                starts.append(at)
                lengths.append(1)
                chosen.append(run)
        old = self._old

        def of(cells: "array[int]") -> "array[int]":
            return array("i", [cells[run] for run in chosen]) if cells else array("i")

        return PageMap(
            old.width, old.height, old.turn, starts, lengths, of(old.lefts), of(old.tops), of(old.rights), of(old.bottoms),
            array("i", self._edges), of(old.confidences),
        )  # fmt: skip

    def _span(self, run: int, start: int, end: int) -> tuple[int, int]:
        """How far along the run the old characters `[start, end)` begin and end."""
        old = self._old
        first, last = old.starts[run], old.starts[run] + old.lengths[run]
        begin = old.edges[max(start, first)]
        if end < last:
            return begin, max(begin, old.edges[end])
        across = old.turn in (0, 180)
        width = old.rights[run] - old.lefts[run] if across else old.bottoms[run] - old.tops[run]
        return begin, max(begin, width)


def _about(document: ParsedDocument, masked: Masked) -> About:
    """What cannot name anybody: of document information and form values nothing, of bookmarks those that the text has."""
    told = document.about
    return About(
        outline=tuple(replace(entry, title=_title(entry, document, masked)) for entry in told.outline),
        page_labels=tuple((number, label) for number, label in told.page_labels if PLAIN_LABEL.fullmatch(label)),
        attachments=tuple(Attachment(f"[FILE-{n}]", one.size) for n, one in enumerate(told.attachments, start=1)),
    )


def _title(entry: Bookmark, document: ParsedDocument, masked: Masked) -> str:
    start = document.text.find(entry.title)
    if start < 0:
        return TITLE
    first, last = masked.interval(start, start + len(entry.title))
    return masked.text[first:last]
