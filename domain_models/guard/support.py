"""The guard itself: what a written sentence says and its cited text does not."""

from collections.abc import Mapping, Sequence

from domain_models.guard.figures import figures
from domain_models.guard.omissions import left_out_or_turned, missing_limits
from domain_models.guard.order import bearing_sentences, kept_content
from domain_models.guard.quantities import filled_blanks, missing_bounds, missing_figures, moved_dates
from domain_models.guard.rules import AUXILIARIES, FRAME, FUNCTION, GENDERS, MODALS, OPEN_ENDS, PRONOUNS
from domain_models.guard.words import Word, stem, words


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
        *missing_figures(sentence, cited_text),
        *moved_dates(sentence, cited_text),
        *filled_blanks(sentence, cited_text),
        *_missing_names(written, cited),
        *([" ".join(one.word.form for one in kept)] if kept and not bearing else []),
        *min((left_out_or_turned(written, found) for found in bearing), key=len, default=[]),
        *_missing_end(written),
        *_missing_words(written, cited),
        *_missing_modals(written, cited),
        *_missing_gender(written, cited),
        *_missing_pronouns(written, cited),
        *missing_bounds(written, cited),
    ]
    return tuple(dict.fromkeys(missing))


def limits_left_out(sentence: str, rest: str) -> list[str]:
    """What limits the rest of a cited sentence, of which the words are cut, and is left out of the written one."""
    return missing_limits(words(sentence), words(rest))


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


def _missing_end(written: Sequence[Word]) -> list[str]:
    """The last word, where something has to follow it: "Seller will not."."""
    return [word.form for word in written[-1:] if word.form in AUXILIARIES | OPEN_ENDS]


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
