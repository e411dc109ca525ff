"""What a cited sentence says and a written one leaves out or turns, so that it claims more than that or something else."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from domain_models.guard.quantities import lost_figures
from domain_models.guard.rules import (
    AUXILIARIES,
    FINITE,
    FUNCTION,
    LIMITS,
    MODALS,
    OPENERS,
    PARTICIPLES,
    PAST,
    POINTING,
    SUBORDINATE,
    VERBAL,
)
from domain_models.guard.words import Word

_JOINING = frozenset({"and", "or", "and/or"})
_NOT_DONE = frozenset({"may", "should"})  # of what shall be done it may be said that it is


def left_out_or_turned(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """What each check misses or finds turned, held against the one sentence cited."""
    checks: tuple[Callable[[Sequence[Word], Sequence[Word]], list[str]], ...] = (
        missing_limits,
        _turned_joins,
        _halved_choices,
        _turned_modals,
        _turned_past,
        _turned_future,
        _missing_verb,
        _missing_doers,
        _missing_items,
        lost_figures,
        _turned_parties,
        _dangling,
    )
    return [missing for check in checks for missing in check(written, found)]


def missing_limits(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each limit of the words found that the written ones have not."""
    have = _limits_in(written)
    return [limit for limit in _limits_in(found) if limit not in have]


def _limits_in(found: Sequence[Word]) -> list[str]:
    """The limits that stand anywhere, adverbs between commas ("the exam, neurologically, is normal") and by what doing."""
    forms = [word.form for word in found]
    stated = [
        " ".join(limit)
        for limit in LIMITS
        if any(tuple(forms[at : at + len(limit)]) == limit for at in range(len(forms)))
    ]
    between = (one for one, after in pairwise(found) if one.paused and after.paused)
    doing = (after for one, after in pairwise(forms) if one == "by" and after.endswith("ing"))
    return [*stated, *(word.form for word in between if word.form.endswith("ly")), *doing]


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


def _halved_choices(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each "or" of which one side alone is written: who shall repair or replace a thing need not repair it."""
    stems = {word.stem for word in written}
    free = {"any", "may"} & {word.form for word in found}  # who may do this or that may do this
    return [
        word.form
        for place, word in enumerate(found[1:-1], start=1)
        if word.form == "or"
        and word.claim == "affirmed"
        and not free
        and found[place - 1].is_content
        and found[place + 1].is_content
        and (found[place - 1].stem in stems) != (found[place + 1].stem in stems)
    ]


def _turned_modals(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """What may or should be done in the sentence cited, and is done as written."""
    forms, stems = {word.form for word in written}, {word.stem for word in written}
    turned = []
    for place, word in enumerate(found):
        ahead = next((other for other in found[place + 1 : place + 4] if other.is_content), None)
        if word.form in _NOT_DONE and ahead and ahead.stem in stems and not MODALS[word.form] & forms:
            turned.append(word.form)
    return turned


def _turned_past(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """What is to be done in the sentence cited, and was done as written."""
    have = {word.form for word in found}
    to_be_done = have & {*MODALS, "will"}
    return [word.form for word in written if to_be_done and word.form in PAST - have]


def _turned_future(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """What is done in the sentence cited, and will be done as written: "the parties submit"."""
    done = {word.stem for before, word in pairwise(found) if before.form not in FUNCTION and not word.paused}
    coming = {word.stem for before, word in pairwise(found) if before.form in FUNCTION or word.paused}
    return [
        f"will {verb.form}"
        for will, verb in pairwise(written)
        if will.form == "will" and verb.is_content and verb.stem in done - coming
    ]


def _missing_verb(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """The verb of the sentence cited, where the written one has none: "A royalty of 5%" for "Buyer shall pay a royalty"."""
    lost = next((word.form for place, word in enumerate(found) if _is_auxiliary(found, place)), None)
    told = max((place for place, word in enumerate(written) if _opens_clause(written, place)), default=-1) + 1
    return [lost] if lost and not any(_is_finite(written, place, found) for place in range(told, len(written))) else []


def _missing_doers(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each "by Buyer" left out behind a participle that is kept: "terminated upon notice" for "terminated by Buyer upon"."""
    stems = {word.stem for word in written}
    return [
        f"by {doer.form}"
        for done, by, doer in zip(found, found[1:], found[2:], strict=False)
        if by.form == "by" and doer.capital and _is_done(done.form) and done.stem in stems and doer.stem not in stems
    ]


def _is_done(form: str) -> bool:
    return form.endswith(("ed", "en")) or form in PARTICIPLES


def _missing_items(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each item of one small word left out between two of its list that are kept: "use, copy, sell" without "copy"."""
    stems = {word.stem for word in written}
    missing = []
    for place, word in enumerate(found[1:-1], start=1):
        before = next((other for other in found[place - 1 :: -1] if other.form not in _JOINING), word)
        after = next((other for other in found[place + 1 :] if other.form not in _JOINING), word)
        is_named = word.capital or word.aside or len(word.form) == 1  # a name's "Inc.", an item's letter
        is_item = word.is_content and not is_named and _is_parted(found, place) and _is_parted(found, place + 1)
        if is_item and word.stem not in stems and {before.stem, after.stem} <= stems:
            missing.append(word.form)
    return missing


def _is_parted(found: Sequence[Word], place: int) -> bool:
    """Whether a comma, "and" or "or" stands before the word in this place."""
    return found[place].paused or bool({found[place].form, found[place - 1].form} & _JOINING)


def _turned_parties(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each "other party" that is "other parties" in the sentence cited, and the other way: a contract may have three."""
    have = _others(found)
    return [other for other in _others(written) if have and other not in have]


def _others(found: Sequence[Word]) -> list[str]:
    pairs = pairwise(word.form for word in found)
    return [other for one, other in pairs if one == "other" and other in {"party", "parties"}]


def _dangling(written: Sequence[Word], found: Sequence[Word]) -> list[str]:
    """Each "therein" whose sentence is written without its beginning, in which what it means may stand."""
    first = next((word.stem for word in written if word.is_content), None)
    opening = next((word.stem for word in found if word.is_content), None)
    return [word.form for word in written if word.form in POINTING and first != opening]


def _opens_clause(written: Sequence[Word], place: int) -> bool:
    """Whether a clause of its own follows, as behind "agrees that"."""
    return written[place].form == "that" and bool(place) and written[place - 1].form in FINITE


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
    follower = written[place + 1] if place + 1 < len(written) else None
    is_open = follower is not None and follower.form in OPENERS and not follower.paused
    return is_open and written[place - 1].form not in VERBAL and (word.form.endswith("ed") or word.form == "made")
