"""Figures and dates: whether the cited text has them, bounded alike and of the same thing."""

import re
from collections.abc import Sequence
from itertools import pairwise

from domain_models.guard.figures import Figure, figures
from domain_models.guard.rules import AUXILIARIES, BOUNDS, PACES
from domain_models.guard.words import Word, stem, words

_BEFORE, _AFTER = 3, 2  # words in which what bounds a figure stands: "a minimum of 30", "30 days per year"
_DATED = stem("dated")
_BLANK = re.compile(r"\[[\s_*•●…-]*\]|_{3,}")
_BESIDE = 2  # characters: ", "


def missing_figures(sentence: str, cited_text: str) -> list[str]:
    """Each figure that the cited text has nowhere."""
    cited = figures(cited_text)
    return [figure.text for figure in figures(sentence) if not any(_bears(other, figure) for other in cited)]


def _bears(cited: Figure, written: Figure) -> bool:
    """A written date may leave out the cited one's year or day; a written number may be a cited date's year."""
    if cited.kind == "date" and written.kind == "date":
        parted = cited.value.startswith(written.value) or cited.value.endswith(written.value.removeprefix("-"))
        return cited.text == written.text or (parted and cited.certain and written.certain)
    if cited.kind == "date" and written.kind == "number":
        return cited.value[:4] == written.value and written.unit is None
    return cited.kind == written.kind and cited.value == written.value and written.unit in (None, cited.unit)


def lost_figures(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each figure left out behind a name where both sides of it are kept: "Nasacort twice" for "Nasacort one spray twice"."""
    stems, told = {word.stem for word in written if word.is_content}, {word.form for word in written if word.is_figure}
    last = max((place for place, word in enumerate(found) if word.stem in stems), default=0)
    behind_names = (
        figure
        for name, figure in pairwise(found[1 : last + 1])
        if name.capital and name.stem in stems and figure.is_figure and not figure.paused
    )
    return [figure.form for figure in behind_names if figure.form not in told]


def filled_blanks(sentence: str, cited_text: str) -> list[str]:
    """Each figure behind a blank that is left out: "as of 2020" for "as of [___], 2020"."""
    told = [figure.value for figure in figures(sentence)] if not _BLANK.search(sentence) else []
    blanks = [blank.end() for blank in _BLANK.finditer(cited_text)]
    behind = [figure for figure in figures(cited_text) if any(0 <= figure.start - end <= _BESIDE for end in blanks)]
    return [figure.text for figure in behind if figure.value in told]


def moved_dates(sentence: str, cited_text: str) -> list[str]:
    """Dates of something else: "the lease dated May 1" where another thing is of that day. The only one may move to an end."""
    places = [(figure, _said_before(cited_text, figure)) for figure in figures(cited_text) if figure.kind == "date"]
    several = len({figure.value for figure, _ in places}) > 1
    moved = []
    for figure in figures(sentence):
        before, after = _said_before(sentence, figure), words(sentence[figure.end :])
        bound = before is not None and (several or before == _DATED or any(word.is_content for word in after))
        if figure.kind == "date" and bound and not any(_bears(one, figure) and said == before for one, said in places):
            moved.append(figure.text)
    return moved


def _said_before(text: str, figure: Figure) -> str | None:
    """The stem of the word of content that a date follows; that of "dated" behind a noun, "the lease dated May 1"."""
    before = words(text[: figure.start])
    if [word.stem for word in before[-1:]] == [_DATED] and before[-2:-1] and before[-2].form not in AUXILIARIES:
        return _DATED
    return next((word.stem for word in reversed(before) if word.is_content), None)


def missing_bounds(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """What bounds a cited figure, "at least" or "per month", and not the written one, or the other way."""
    missing: list[str] = []
    for place, word in enumerate(written):
        have = _bounds(written, place)
        cited_ones = [at for at, other in enumerate(cited) if word.is_figure and other.form == word.form]
        unlike = [sorted(have ^ _bounds(cited, at)) for at in cited_ones]
        nearest: list[str] = min(unlike, key=len, default=[])
        missing += nearest
    return missing


def _bounds(found: Sequence[Word], place: int) -> frozenset[str]:
    """The words that bound the figure here: "least", "per month"."""
    before = [word.form for word in found[max(0, place - _BEFORE) : place]]
    after = [*(word.form for word in found[place + 1 : place + 2 + _AFTER]), ""]
    paces = (f"{pace} {of}".strip() for pace, of in pairwise(after[: _AFTER + 1]) if pace in PACES)
    return frozenset([*BOUNDS.intersection(before), *paces])
