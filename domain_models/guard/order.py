"""Whether a cited sentence has the written words in their order, each governed there by what governs it as written.

A sentence of true words in another order is another claim: "Buyer pays Seller" is not "Seller pays Buyer". So is one in
which a word has lost what it belonged to: "loss of profits" is not "profits", "Buyer's agent" is not "Buyer".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain_models.guard.rules import (
    ARTICLES,
    AUXILIARIES,
    BINDING,
    DEPENDENT,
    EVIDENCE,
    LOOSE,
    PARTING,
    RATES,
    SIDES,
    VERBAL,
)
from domain_models.guard.words import Word

_LONGEST_PHRASE = 6  # words from an "of" to the last that it governs: "of the initial one year term"
_WIDEST_GAP = 3  # content words left out in one place; beyond it the two ends may belong to different claims


@dataclass(frozen=True, slots=True)
class Kept:
    """A written word of content that the cited text has: `beside` the one before, with nothing between; under what `governor`.

    Where that is "of", `owned` is the stem of what stands before it: the "term" in "term of the lease".
    """

    word: Word
    beside: bool
    governor: str | None
    owned: str | None


def kept_content(written: Sequence[Word], cited: Sequence[Word]) -> list[Kept]:
    """The written content words and figures that the cited text has somewhere, in the order written."""
    have = {word.stem for word in cited}
    places = [place for place, word in enumerate(written) if word.stem in have and word.is_content]
    return [
        Kept(
            written[place],
            place - 1 in places and _is_beside(written, place),
            _governor(written, place),
            _owner(written, place),
        )
        for place in places
    ]


def _owner(written: Sequence[Word], place: int) -> str | None:
    """The stem before the "of" that governs the word; None where none does."""
    before = _before_articles(written, place)
    return written[before - 1].stem if _governor(written, place) == "of" and before > 0 else None


def _is_beside(written: Sequence[Word], place: int) -> bool:
    """Whether nothing parts the word from the one before; a denial reaches each of a list alike."""
    return not (written[place].paused or written[place - 1].denies)


def bearing_sentences(kept: Sequence[Kept], written: Sequence[Word], cited: Sequence[Word]) -> list[list[Word]]:
    """The cited sentences from which the kept words can be read in their order."""
    forms = frozenset(word.form for word in written)
    sentences: dict[int, list[Word]] = {}
    for word in cited:
        sentences.setdefault(word.sentence, []).append(word)
    return [found for found in sentences.values() if kept and _in_order(kept, found, forms)]


def _in_order(kept: Sequence[Kept], found: Sequence[Word], forms: frozenset[str]) -> bool:
    """Whether `kept` can be read from the words found by leaving some out; `forms` are all that is written."""
    if len(kept) == 1 and kept[0].word.is_figure and len({word.form for word in found if word.is_figure}) > 1:
        return False  # which of several figures it is, only the words around it tell
    reached = {place for place in range(len(found)) if _stands(kept[0], found, place) and _subject(found, place) < 0}
    for following in kept[1:]:
        steps = {step for place in reached for step in _steps(found, place, following.beside, forms)}
        reached = {place for place in steps if _stands(following, found, place)}
    return any(not _denies_more(found, place) for place in reached)


def _denies_more(found: Sequence[Word], place: int) -> bool:
    """Whether what is denied here goes on: who shall not sell goods below a price may sell goods."""
    for word in found[place + 1 :] if found[place].claim == "negated" else ():
        if word.paused or word.form in PARTING:
            return False
        if word.is_content:
            return word.claim == "negated"
    return False


def _stands(kept: Kept, found: Sequence[Word], place: int) -> bool:
    governor, word = _governor(found, place), found[place]
    is_past = word.form.endswith("ed") and kept.word.form.endswith("s")  # "weighed" is not "weighs"
    is_bound = governor in BINDING or kept.governor == "by"
    is_owner = kept.owned is None or kept.owned in _owned(found, place)
    return word.stem == kept.word.stem and not is_past and is_owner and (governor == kept.governor or not is_bound)


def _owned(found: Sequence[Word], place: int) -> set[str]:
    """Stems of what the word says of whom or what it is: "laws" and "state" in "laws of the State of Texas".

    All of "terms and conditions of the lease"; what stands in brackets before the "of" is passed over.
    """
    owned: set[str] = set()
    at = _of_before(found, place)
    while at is not None:
        before = next((back for back in range(at - 1, -1, -1) if not found[back].aside or found[at].aside), -1)
        if before < 0:
            return owned
        owned |= {found[one].stem for one in (before, *_joined_before(found, before))}
        at = _of_before(found, before)
    return owned


def _of_before(found: Sequence[Word], place: int) -> int | None:
    """Where the "of" stands whose phrase the word is in, behind articles and what qualifies it."""
    for at in range(place - 1, max(-1, place - _LONGEST_PHRASE), -1):
        if found[at + 1].paused:
            return None
        if found[at].form == "of":
            return at
        if not (found[at].is_content or found[at].form in ARTICLES):
            return None
    return None


def _joined_before(found: Sequence[Word], place: int) -> Iterator[int]:
    """Places of what a comma, "and" or "or" joins to this word, backwards."""
    while place > 1 and (found[place].paused or found[place - 1].form in {"and", "or"}):
        place -= 1 if found[place].paused and found[place - 1].form not in {"and", "or"} else 2
        yield place


def _before_articles(found: Sequence[Word], place: int) -> int:
    before = place - 1
    while before >= 0 and found[before].form in ARTICLES and not found[before + 1].paused:
        before -= 1
    return before


def _governor(found: Sequence[Word], place: int) -> str | None:
    """The preposition that stands before the word and its articles; None in "no evidence of fever" and "positive for
    fever", which say as much of fever itself.
    """
    before = _before_articles(found, place)
    if before < 0 or found[before].form not in BINDING | LOOSE or found[before + 1].paused:
        return None
    owner = found[before - 1].form if before else ""
    says_it = owner == "positive" or (owner in EVIDENCE and found[place].claim == "negated")
    return None if says_it else found[before].form


def _steps(found: Sequence[Word], place: int, beside: bool, forms: frozenset[str]) -> Iterator[int]:
    """The words that may follow this one. Before what stands `beside` it as written, or belongs to it, only what qualifies
    that is left out.

    No denial is left out on the way, nothing on the way to another of its kind (see `_kinds`), and not what two clauses
    say: "Buyer pays and Seller delivers" does not say "Buyer delivers".
    """
    left_out, passed, parted = 0, set[str](), False
    owns = found[place].owns
    for step in range(place + 1, len(found)):
        word = found[step]
        if (beside or owns) and not _qualifies(word) and (owns or word.paused or word.form not in AUXILIARIES):
            return
        kinds = _kinds(found, step)
        if not kinds & passed and _subject(found, step) <= place:
            yield step
        passed |= kinds - {"rate"} if word.form in forms else kinds
        if word.denies and word.form not in forms:
            return
        if word.aside:
            continue
        left_out += word.is_content
        has_left = left_out > word.is_content  # something before this one
        parted = parted or (has_left and (word.form in PARTING or word.part != found[step - 1].part))
        if left_out > _WIDEST_GAP or (parted and word.is_content) or (has_left and word.form in DEPENDENT):
            return


def _subject(found: Sequence[Word], place: int) -> int:
    """Where the last word of content stands before the auxiliaries of this verb; -1 where it has none."""
    before = place - 1
    while before >= 0 and _is_passed_by_verb(found[before]):
        before -= 1
    has_verb = any(word.form in AUXILIARIES for word in found[before + 1 : place])
    return before if has_verb and before >= 0 and found[before].is_content else -1


def _is_passed_by_verb(word: Word) -> bool:
    return word.aside or word.form in VERBAL or word.form.endswith("ly")


def _qualifies(word: Word) -> bool:
    return word.is_figure or (word.is_content and not word.paused)


def _kinds(found: Sequence[Word], place: int) -> set[str]:
    """What the word is one of: a rate ("A 5 mg, B 10 mg" does not say "A 10 mg"), a side, what a preposition stands before
    ("coated with oil on a bed with wax" does not say "coated with wax").
    """
    word, kinds = found[place], set[str]()
    if word.is_figure or word.form in RATES:
        kinds.add("rate")
    if word.form in SIDES:
        kinds.add("side")
    governor = _governor(found, place) if word.is_content else None
    return kinds | {governor} if governor else kinds
