"""The guard itself: what a written sentence says and its cited text does not."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from domain_models.guard.figures import Figure, figures
from domain_models.guard.order import bearing_sentences, kept_content
from domain_models.guard.rules import (
    AUXILIARIES,
    BOUNDS,
    FINITE,
    FRAME,
    FUNCTION,
    GENDERS,
    LIMITS,
    MODALS,
    OPEN_ENDS,
    OPENERS,
    PACES,
    PAST,
    PRONOUNS,
    SUBORDINATE,
)
from domain_models.guard.words import Word, stem, words

_BEFORE, _AFTER = 3, 2  # words in which what bounds a figure stands: "a minimum of 30", "30 days per year"
_DATED = stem("dated")
_JOINING = frozenset({"and", "or", "and/or"})


def supported(sentence: str, cited_text: str) -> bool:
    """Whether the cited text bears out all that the sentence says."""
    return not unsupported(sentence, cited_text)


def unsupported(sentence: str, cited_text: str) -> tuple[str, ...]:
    """What the sentence says and the cited text does not: figures, names, then words, in reading order."""
    if not sentence.strip():
        return ("",)
    written, cited = words(sentence), words(cited_text)
    if not (any(word.is_content for word in written) or figures(sentence)):
        return (sentence.strip(),)
    kept = kept_content(written, cited)
    bearing = bearing_sentences(kept, written, cited)
    missing = [
        *_missing_figures(sentence, cited_text),
        *_moved_dates(sentence, cited_text),
        *_missing_names(written, cited),
        *([" ".join(one.word.form for one in kept)] if kept and not bearing else []),
        *_fewest([_missing_in_sentence(written, found) for found in bearing]),
        *_missing_end(written),
        *_missing_words(written, cited),
        *_missing_modals(written, cited),
        *_missing_gender(written, cited),
        *_missing_pronouns(written, cited),
        *_missing_bounds(written, cited),
    ]
    return tuple(dict.fromkeys(missing))


def limits_left_out(sentence: str, rest: str) -> list[str]:
    """What limits the rest of a cited sentence, of which the words are cut, and is left out of the written one."""
    return _missing_limits(words(sentence), words(rest))


def _fewest(options: Sequence[list[str]]) -> list[str]:
    return min(options, key=len, default=[])


def _missing_figures(sentence: str, cited_text: str) -> list[str]:
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


def _moved_dates(sentence: str, cited_text: str) -> list[str]:
    """Dates of something else: "the lease dated May 1" where another thing is of that day. One alone at an end may move."""
    places = [(figure, _said_before(cited_text, figure)) for figure in figures(cited_text) if figure.kind == "date"]
    moved = []
    for figure in figures(sentence):
        before, after = _said_before(sentence, figure), words(sentence[figure.end :])
        bound = before is not None and (before == _DATED or any(word.is_content for word in after))
        if figure.kind == "date" and bound and not any(_bears(one, figure) and said == before for one, said in places):
            moved.append(figure.text)
    return moved


def _said_before(text: str, figure: Figure) -> str | None:
    """The stem of the word of content that a date follows; that of "dated" behind a noun, "the lease dated May 1"."""
    before = words(text[: figure.start])
    if [word.stem for word in before[-1:]] == [_DATED] and before[-2:-1] and before[-2].form not in AUXILIARIES:
        return _DATED
    return next((word.stem for word in reversed(before) if word.is_content), None)


def _missing_names(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """Runs of capitalised words that do not stand side by side, in this order, in the cited text."""
    cited_forms = f" {' '.join(word.form for word in cited)} "
    missing = []
    run: list[str] = []
    for word in [*written, None]:
        named = word is not None and word.capital and word.form not in FUNCTION
        if word is not None and named and not word.paused:
            run.append(word.form)
            continue
        if run and f" {' '.join(run)} " not in cited_forms and not _is_opening(run, written, cited):
            missing.append(" ".join(run))
        run = [word.form] if word is not None and named else []
    return missing


def _is_opening(run: Sequence[str], written: Sequence[Word], cited: Sequence[Word]) -> bool:
    """Whether only the sentence's own capital makes the run a name: its one word is an ordinary word."""
    if len(run) != 1 or written[0].form != run[0]:
        return False
    return run[0] in FRAME or any(word.stem == stem(run[0]) for word in cited)


def _missing_in_sentence(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """What the sentence cited says and the written one leaves out or turns, so that it claims more or something else."""
    checks: tuple[Callable[[Sequence[Word], Sequence[Word]], list[str]], ...] = (
        _missing_limits,
        _turned_joins,
        _turned_modals,
        _missing_verb,
    )
    return [missing for check in checks for missing in check(written, found)]


def _missing_limits(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    have = _limits_in(written)
    return [limit for limit in _limits_in(found) if limit not in have]


def _limits_in(found: Sequence[Word]) -> list[str]:
    """The limits that stand anywhere, and adverbs between commas: "the exam, neurologically, is normal"."""
    forms = [word.form for word in found]
    stated = [
        " ".join(limit)
        for limit in LIMITS
        if any(tuple(forms[at : at + len(limit)]) == limit for at in range(len(forms)))
    ]
    between = (one for one, after in pairwise(found) if one.paused and after.paused)
    return [*stated, *(word.form for word in between if word.form.endswith("ly"))]


def _turned_joins(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each "and" that is "or" in the sentence cited, and the other way; under a denial both say the same."""
    forms = [word.form for word in found]
    turned = []
    for place, word in enumerate(written):
        if word.form in _JOINING and word.claim != "negated" and place:
            starts = [at for at, form in enumerate(forms) if form == written[place - 1].form] or [0]
            joins = {next((form for form in forms[start:] if form in _JOINING), None) for start in starts}
            turned += [] if word.form in joins else [word.form]
    return turned


def _turned_modals(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """What may, should or shall be done in the sentence cited, and is or was done as written."""
    forms = {word.form for word in written}
    stems = {word.stem for word in written}
    turned = []
    for place, word in enumerate(found):
        ahead = next((other for other in found[place + 1 : place + 4] if other.is_content), None)
        done = ahead is not None and ahead.stem in stems
        if done and word.form in MODALS and word.form not in {"shall", "must"} and not MODALS[word.form] & forms:
            turned.append(word.form)
    past = forms & PAST - {word.form for word in found}
    return [*turned, *(past if any(word.form in MODALS or word.form == "will" for word in found) else ())]


def _missing_verb(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """The verb of the sentence cited, where the written one has none: "A royalty of 5%" for "Buyer shall pay a royalty"."""
    lost = next((word.form for place, word in enumerate(found) if _is_auxiliary(found, place)), None)
    told = max((place for place, word in enumerate(written) if _opens_clause(written, place)), default=-1) + 1
    return [lost] if lost and not any(_is_finite(written, place, found) for place in range(told, len(written))) else []


def _opens_clause(written: Sequence[Word], place: int) -> bool:
    """Whether a clause of its own follows, as behind "agrees that"."""
    return written[place].form == "that" and bool(place) and written[place - 1].form in FINITE


def _missing_end(written: Sequence[Word]) -> list[str]:
    """The last word, where something has to follow it: "Seller will not."."""
    return [word.form for word in written[-1:] if word.form in AUXILIARIES | OPEN_ENDS]


def _is_auxiliary(found: Sequence[Word], place: int) -> bool:
    """Whether the word is a verb of the sentence's own, not of "that is", "which are", "to have"."""
    return found[place].form in AUXILIARIES and not (place and found[place - 1].form in SUBORDINATE)


def _is_finite(written: Sequence[Word], place: int, found: Sequence[Word]) -> bool:
    """Whether a verb stands here: an auxiliary, one we know, one that the cited sentence inflects otherwise, or a past."""
    word = written[place]
    if _is_auxiliary(written, place) or word.form in FINITE:
        return True
    if not place or word.capital or written[place - 1].form in SUBORDINATE:
        return False
    if word.form.endswith("s") and any(other.stem == word.stem and other.form != word.form for other in found):
        return True
    follower = written[place + 1].form if place + 1 < len(written) else ""
    return follower in OPENERS and (word.form.endswith("ed") or word.form == "made")


def _missing_words(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    claims: dict[str, set[str]] = {}
    for word in cited:
        claims.setdefault(word.stem, set()).add(word.claim)
    return [word.form for word in written if not _is_borne(word, claims)]


def _is_borne(word: Word, claims: Mapping[str, set[str]]) -> bool:
    if word.form in FUNCTION:
        return not word.is_cue or any(word.claim in found for found in claims.values())
    if word.is_figure or (word.form in FRAME and word.stem not in claims):
        return True  # figures are held against the cited ones by themselves
    return word.claim in claims.get(word.stem, ())


def _missing_modals(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    have = {word.form for word in cited}
    return [word.form for word in written if word.form in MODALS and not MODALS[word.form] & have]


def _missing_gender(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    have = {word.form for word in cited}
    missing = []
    for own, other in (GENDERS, GENDERS[::-1]):
        if have & other and not have & own:
            missing += [word.form for word in written if word.form in own]
    return missing


def _missing_pronouns(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """Pronouns within the sentence that the cited text has not: which of two parties they mean is a guess."""
    have = {word.form for word in cited}
    return [word.form for word in written[1:] if word.form in PRONOUNS - have]


def _missing_bounds(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """What bounds a cited figure, "at least" or "per month", and not the written one, or the other way."""
    missing: list[str] = []
    for place, word in enumerate(written):
        have = _bounds(written, place)
        others = [_bounds(cited, at) for at, other in enumerate(cited) if word.is_figure and other.form == word.form]
        missing += _fewest([sorted(have ^ other) for other in others])
    return missing


def _bounds(found: Sequence[Word], place: int) -> frozenset[str]:
    before = {word.form for word in found[max(0, place - _BEFORE) : place]}
    after = {word.form for word in found[place + 1 : place + 1 + _AFTER]}
    return frozenset(before & BOUNDS | after & PACES)
