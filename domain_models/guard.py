"""Whether a written sentence says only what its cited text says. Knows words, numbers and cues; runs no model.

It refuses rather than believes: each date, number with its unit, name and word of content must stand in the cited
text under the same claim (affirmed, negated, hedged, of the family, conditional), and one cited sentence must have the
words in the order written and no limit ("unless", "during", "only") that the written one leaves out. Cues and their
reach follow the idea of ConText (Harkema et al. 2009). What it cannot see: a meaning that changes with other words left
out, such as what a list's items have in common; and that a sentence has no verb.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from domain_models.figures import Figure, figures
from domain_models.sentences import sentence_spans

_RULES = tomllib.loads(Path(__file__).with_name("guard.toml").read_text(encoding="utf-8"))
GUARD_VERSION: str = _RULES["version"]
_FUNCTION = frozenset(_RULES["function"].split())
_FRAME = frozenset(_RULES["frame"].split())
_MODALS = {word: frozenset(line.split()) for word, line in _RULES["modals"].items()}
_GENDERS = [frozenset(line.split()) for line in _RULES["genders"].values()]
_PRONOUNS = frozenset(_RULES["pronouns"].split())
_LIMITS = [tuple(limit.split()) for limit in _RULES["limits"].split("\n") if limit]
_RATES = frozenset(_RULES["rates"].split())
_BREAKERS = frozenset(_RULES["cues"]["breakers"].split())

AFFIRMED = "affirmed"
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*(?:/[^\W\d_]+)?")
_COMMA = re.compile(r",(?=\s|$)")
_PART_END = re.compile(r";|:(?=\s)")
_WIDEST_GAP = 3  # content words left out in one place; beyond it the two ends may belong to different claims
_PLURALS = (("ies", "y"), ("sses", "ss"), ("es", "e"), ("ss", "ss"), ("us", "us"), ("is", "i"), ("s", ""))
_ENDINGS = ("ically", "ally", "ment", "ing", "ied", "ion", "ive", "ed", "al", "ic", "ly", "y", "e", "i")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or figure of a text: its lower-case form, stem, sentence (from 0), and what is claimed of it there.

    `capital`: it begins with one. `paused`: punctuation stands between it and the word before.
    """

    form: str
    stem: str
    sentence: int
    capital: bool
    paused: bool
    claim: str


def supported(sentence: str, cited_text: str) -> bool:
    """Whether the cited text bears out all that the sentence says."""
    return not unsupported(sentence, cited_text)


def unsupported(sentence: str, cited_text: str) -> tuple[str, ...]:
    """What the sentence says and the cited text does not: figures, names, then words, in reading order."""
    if not sentence.strip():
        return ("",)
    written, cited = words(sentence), words(cited_text)
    missing = [
        *_missing_figures(sentence, cited_text),
        *_missing_names(written, cited),
        *_missing_order(written, cited),
        *_missing_limits(written, cited),
        *_missing_words(written, cited),
        *_missing_modals(written, cited),
        *_missing_gender(written, cited),
        *_missing_pronouns(written, cited),
    ]
    return tuple(dict.fromkeys(missing))


def limits_left_out(sentence: str, rest: str) -> list[str]:
    """What limits the rest of a cited sentence, of which the words are cut, and is left out of the written one."""
    have = _limits_in(words(sentence))
    return [limit for limit in _limits_in(words(rest)) if limit not in have]


def words(text: str) -> list[Word]:
    """The words and figures of a text in order, each under its claim; a figure's form is its value."""
    places = _places(text)
    starts = [start for start, *_ in places]
    forms = [form for *_, form in places]
    spans = sentence_spans(text)
    parts = _part_numbers(starts, sorted([*_ends(_PART_END, text), *(end for _, end in spans)]))
    return [
        Word(form, stem(form), sentence, text[start].isupper() and form[0].isalpha(), bool(gap.strip()), claim)
        for start, form, sentence, gap, claim in zip(
            starts,
            forms,
            _part_numbers(starts, [start for start, _ in spans]),
            _gaps(text, places),
            _claims(forms, parts, _part_numbers(starts, _ends(_COMMA, text))),
            strict=True,
        )
    ]


def _places(text: str) -> list[tuple[int, int, str]]:
    """Start, end and form of every word and every figure but dates, in order; a figure's unit belongs to it."""
    found = []
    for figure in figures(text):
        text = text[: figure.start] + "#" * (figure.end - figure.start) + text[figure.end :]
        if figure.kind != "date":  # a date may move to the front or the end of its sentence
            found.append((figure.start, figure.end, figure.value))
    return sorted([*found, *((m.start(), m.end(), _plain(m[0])) for m in _WORD.finditer(text))])


def _gaps(text: str, places: Sequence[tuple[int, int, str]]) -> list[str]:
    """What stands between each place and the one before."""
    between = (text[before[1] : place[0]] for before, place in pairwise(places))
    return ["", *between][: len(places)]


@cache
def stem(word: str) -> str:
    """The word without its grammatical ending: `renewal`, `renews` and `renewed` are one; drug names stay apart."""
    plural, singular = next(((p, one) for p, one in _PLURALS if word.endswith(p)), ("", ""))
    if len(word) - len(plural) >= 3:
        word = word.removesuffix(plural) + singular
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), "")
    word = word.removesuffix(ending)
    if ending == "ment":
        word = word.removesuffix("e")
    if len(word) >= 6:
        word = word.removesuffix("at")
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _plain(form: str) -> str:
    lower = form.lower().replace("’", "'")
    if lower in {"can't", "cannot"} or lower.endswith("n't"):
        return "not"
    return lower.removesuffix("'s").removesuffix("'")


def _ends(separator: re.Pattern[str], text: str) -> list[int]:
    return [match.end() for match in separator.finditer(text)]


def _part_numbers(starts: Sequence[int], borders: Sequence[int]) -> list[int]:
    """For each place, how many borders stand at or before it."""
    return [bisect_right(borders, start) for start in starts]


def _claims(forms: Sequence[str], parts: Sequence[int], phrases: Sequence[int]) -> list[str]:
    """What is claimed of each word: a cue governs the words behind it, up to a breaker or the end of its part.

    A condition ends at its comma ("if Buyer defaults, Seller may terminate"); a denied list goes on past it.
    """
    claims = [AFFIRMED] * len(forms)
    claim, part, phrase = AFFIRMED, -1, -1
    for index, form in enumerate(forms):
        ends = parts[index] != part or form in _BREAKERS
        if ends or (claim == "conditional" and phrases[index] != phrase):
            claim = AFFIRMED
        part, phrase = parts[index], phrases[index]
        claim = _cue_at(forms, index, _cues()) or claim
        claims[index] = claim
        if _cue_at(forms, index, _cues_after()):
            _reach_back(claims, parts, forms, index)
    return claims


def _reach_back(claims: list[str], parts: Sequence[int], forms: Sequence[str], index: int) -> None:
    for earlier in range(index, -1, -1):
        if parts[earlier] != parts[index] or forms[earlier] in _BREAKERS:
            return
        claims[earlier] = "negated"


def _cue_at(forms: Sequence[str], index: int, cues: Mapping[tuple[str, ...], str]) -> str | None:
    for length in (3, 2, 1):
        claim = cues.get(tuple(forms[index : index + length]))
        if claim:
            return claim
    return None


@cache
def _cues() -> Mapping[tuple[str, ...], str]:
    claims = ("negated", "hedged", "family", "conditional")
    return {tuple(cue.split()): claim for claim in claims for cue in _RULES["cues"][claim].split("\n") if cue}


@cache
def _cues_after() -> Mapping[tuple[str, ...], str]:
    return {tuple(cue.split()): "negated" for cue in _RULES["cues"]["negated_after"].split("\n") if cue}


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


def _missing_names(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """Runs of capitalised words that do not stand side by side, in this order, in the cited text."""
    cited_forms = f" {' '.join(word.form for word in cited)} "
    missing = []
    run: list[str] = []
    for word in [*written, None]:
        named = word is not None and word.capital and word.form not in _FUNCTION
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
    return run[0] in _FRAME or any(word.stem == stem(run[0]) for word in cited)


def _missing_order(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """The content words and figures, where no one cited sentence has them in this order with little between them.

    A sentence of true words in another order is another claim: "Buyer pays Seller" is not "Seller pays Buyer".
    """
    order = _borne_content(written, cited)
    return [" ".join(word.form for word in order)] if order and not _bearers(written, cited) else []


def _missing_limits(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """What limits the cited sentence and is left out of the written one, which then claims more than that says."""
    have = _limits_in(written)
    missing = [
        [limit for limit in _limits_in([word for word in cited if word.sentence == sentence]) if limit not in have]
        for sentence in _bearers(written, cited)
    ]
    return min(missing, key=len, default=[])


def _limits_in(found: Sequence[Word]) -> list[str]:
    forms = [word.form for word in found]
    return [
        " ".join(limit)
        for limit in _LIMITS
        if any(tuple(forms[at : at + len(limit)]) == limit for at in range(len(forms)))
    ]


def _borne_content(written: Sequence[Word], cited: Sequence[Word]) -> list[Word]:
    """The written content words and figures that the cited text has somewhere."""
    have = {word.stem for word in cited}
    return [word for word in written if word.stem in have and _is_content(word)]


def _is_content(word: Word) -> bool:
    return word.form not in _FUNCTION | _FRAME


def _bearers(written: Sequence[Word], cited: Sequence[Word]) -> list[int]:
    """The numbers of the cited sentences from which the written words of content can be read in their order."""
    order, kept = _borne_content(written, cited), frozenset(word.form for word in written)
    sentences: dict[int, list[Word]] = {}
    for word in cited:
        sentences.setdefault(word.sentence, []).append(word)
    stems = [word.stem for word in order]
    return [number for number, found in sentences.items() if stems and _in_order(stems, found, kept)]


def _in_order(order: Sequence[str], found: Sequence[Word], kept: frozenset[str]) -> bool:
    """Whether `order` can be read from the words found by leaving some out that are not `kept` anywhere.

    No denial is left out between two words, and no figure before another: "A 5 mg, B 10 mg" does not say "A 10 mg". What a
    figure measures goes with it: "30 mg/dL of protein" does not say "protein".
    """
    open_to = set(range(len(found))) - _measured(found, kept)
    reached = {index for index in open_to if found[index].stem == order[0]}
    for following in order[1:]:
        steps = {step for index in reached for step in _steps(found, index, kept)}
        reached = {index for index in steps & open_to if found[index].stem == following}
    return bool(reached)


def _measured(found: Sequence[Word], kept: frozenset[str]) -> set[int]:
    """The words of which so much, "30 mg/dL of ...", is told by a figure that is not kept."""
    measured = set()
    for index, word in enumerate(found[:-1]):
        amount = [
            other for other in found[max(0, index - 2) : index] if _is_figure(other)
        ]  # a unit may stand behind it
        if word.form == "of" and amount and not any(other.form in kept for other in amount):
            measured.add(index + 1)
    return measured


def _steps(found: Sequence[Word], index: int, kept: frozenset[str]) -> Iterator[int]:
    """The words that may follow this one, when at most `_WIDEST_GAP` words of content are left out."""
    left_out, no_rate = 0, False
    for step in range(index + 1, len(found)):
        word = found[step]
        is_rate = _is_figure(word) or word.form in _RATES
        if not (is_rate and no_rate):
            yield step
        left_out += _is_content(word)
        no_rate = no_rate or (is_rate and word.form not in kept)
        if left_out > _WIDEST_GAP or (_denies(word) and word.form not in kept):
            return


def _is_figure(word: Word) -> bool:
    return not word.form[0].isalpha()


def _denies(word: Word) -> bool:
    return word.form == "negative" or _cues().get((word.form,)) == "negated"


def _missing_words(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    claims: dict[str, set[str]] = {}
    for word in cited:
        claims.setdefault(word.stem, set()).add(word.claim)
    return [word.form for word in written if not _is_borne(word, claims)]


def _is_borne(word: Word, claims: Mapping[str, set[str]]) -> bool:
    if word.form in _FUNCTION:
        return not _is_cue(word) or any(word.claim in found for found in claims.values())
    if _is_figure(word) or (word.form in _FRAME and word.stem not in claims):
        return True  # figures are held against the cited ones by themselves
    return word.claim in claims.get(word.stem, ())


def _is_cue(word: Word) -> bool:
    return (word.form,) in _cues()


def _missing_modals(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    have = {word.form for word in cited}
    return [word.form for word in written if word.form in _MODALS and not _MODALS[word.form] & have]


def _missing_gender(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    have = {word.form for word in cited}
    missing = []
    for own, other in (_GENDERS, _GENDERS[::-1]):
        if have & other and not have & own:
            missing += [word.form for word in written if word.form in own]
    return missing


def _missing_pronouns(written: Sequence[Word], cited: Sequence[Word]) -> list[str]:
    """Pronouns within the sentence that the cited text has not: which of two parties they mean is a guess."""
    have = {word.form for word in cited}
    return [word.form for word in written[1:] if word.form in _PRONOUNS - have]
