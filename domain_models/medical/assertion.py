"""What a record says of a named problem, drug or procedure.

One of: present, negated, possible, hypothetical, conditional, historical, of the family.

Cues, terminations and section titles stand in `assertion.toml`. A cue reaches over its statement up to a termination;
of several classes the first in the `order` of the mention's kind stands. Knows words, not syntax.

Of a drug or procedure `present` is what is given or was carried out in the course that the record tells of,
`historical` what was given or carried out before it ("status post cholecystectomy in 2004"), `conditional` what a
condition would call for ("if pain persists, take ibuprofen"), `hypothetical` what is planned, offered or considered. A
drug to be taken as needed is present: it is prescribed. One that is continued, changed, held or stopped is present too:
its status says which.
"""

from collections.abc import Iterator, Sequence

import regex

from domain_models.medical.lexicon import Kind, Lexicon, Spoken, load_lexicon, phrase_of
from domain_models.medical.sentences import statement_of, statements
from domain_models.medical.signs import AFFIRMED, signs
from schemas.document import Section

Place = tuple[int, int]

_PRESENT = "present"
_FARTHEST = 1000  # characters from a mention to a cue; statements without an end occur in tables and scans
_BREAK = regex.compile(r";|\n\s*\n|:\s*\n")
_ITEM_BREAK = regex.compile(r"[,\n]")
_ITEM_END = regex.compile(
    r"(?:\s+(?:currently|today|now|at (?:this|the present) time|at present|at all))?\s*(?:[.,)\n]|$)"
)
_LAST = regex.compile(r"\s*(?:[.)\n]|$)")
_SINCE = regex.compile(r"(?:\s*\(?(?:19|20)\d\d\)?)?\s*,\s*")  # "breast cancer 2004, in remission."
_STOPS = {
    "object": regex.compile(r"\s*[,.:)(/-]|\s+(?:and|by|but|on|in|with|at|as|for|after|or|based|so)\b"),
    "near": regex.compile(r"[^,:()]*[,:()]"),
    "touching": regex.compile(r"\s*\S"),
}  # what may not stand between a cue and the mention behind it
_BESIDE = regex.compile(r"\s*(?:(?:[,/]|and\b|or\b)\s*[\p{L}-]+\s*)*")
_UNANSWERED = regex.compile(r"[:\n]|\.(?!\d)")  # no answer reaches over it
_JOINED = regex.compile(r",|\band\b")
_CHOICE = regex.compile(r"\b(?:or|nor)\b|/")
_FORWARD = frozenset({"forward", "object", "near", "touching"})


def assertion_of(text: str, sections: Sequence[Section], char_start: int, char_end: int, kind: Kind = "problem") -> str:
    """The class of the mention in `[char_start, char_end)`; `present` where nothing says otherwise."""
    lexicon = load_lexicon(kind)
    stated = _classes(text, sections, (char_start, char_end), lexicon)
    first = next((name for name in lexicon.order if name in stated), _PRESENT)
    return lexicon.means.get(first, first)


def is_denied(text: str, sections: Sequence[Section], char_start: int, char_end: int) -> bool:
    """Whether a problem is negated beside whatever else is said of it: "no family history of stroke"."""
    return "negated" in _classes(text, sections, (char_start, char_end), load_lexicon("problem"))


def section_class(sections: Sequence[Section], position: int, kind: Kind) -> str | None:
    """What the heading above says of a mention of this kind there; None where it says nothing."""
    return next(iter(_by_section(sections, position, load_lexicon(kind))), None)


def _classes(text: str, sections: Sequence[Section], mention: Place, lexicon: Lexicon) -> set[str]:
    intervals = statements(text)
    start, end = intervals[statement_of(intervals, mention[0])]
    near = max(start, mention[0] - _FARTHEST), min(max(end, mention[1]), mention[1] + _FARTHEST)
    stated = {
        *_stated(text, near, mention, lexicon),
        *_by_section(sections, mention[0], lexicon),
    }
    return stated - {AFFIRMED, "negated"} if AFFIRMED in stated else stated


def _stated(text: str, statement: Place, mention: Place, lexicon: Lexicon) -> Iterator[str]:
    spoken = [*_spoken(text, statement, mention, lexicon)]
    borders = [(one.start, one.end, one.phrase.cuts) for one in spoken if one.phrase.cuts]
    borders += [(*match.span(), "all") for match in _BREAK.finditer(text, *statement)]
    own_verb = lexicon.clause.verb.match(text, mention[1], statement[1])
    for one in spoken:
        gap = (one.end, mention[0]) if one.end <= mention[0] else (mention[1], one.start)
        between = {cuts for start, end, cuts in borders if gap[0] <= start and end <= gap[1]}
        begins = _begins_clause(text, gap) and (own_verb or _follows_whole(text, gap, statement[1], lexicon))
        new_clause = lexicon.clause.cuts if begins else frozenset[str]()
        for name, reach in one.phrase.cues:
            cut = between & _cutting(name, reach, lexicon) or (reach in _FORWARD and name in new_clause)
            if not cut and _reaches(text, reach, gap, one, statement[1]):
                yield name


def _spoken(text: str, statement: Place, mention: Place, lexicon: Lexicon) -> Iterator[Spoken]:
    """The signs of the statement and the phrases beside them, none of which overlaps the mention.

    A phrase ends before the mention: "no", not "no acute", before "acute distress".
    """
    marked = [one for one in signs(text, statement, lexicon.kind) if one.end <= mention[0] or one.start >= mention[1]]
    yield from marked
    taken = sorted([mention, *((one.start, one.end) for one in marked)])
    borders = [statement[0], *(border for place in taken for border in place), statement[1]]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        for match in lexicon.phrases.finditer(text, start, end):
            yield Spoken(*match.span(), phrase_of(lexicon.kind, " ".join(match.group().lower().split())))


def _reaches(text: str, reach: str, gap: Place, cue: Spoken, end: int) -> bool:
    """Whether the cue looks to the side of the mention, and nothing that this reach stops at stands between."""
    before = gap[0] == cue.end
    if (reach in _FORWARD) != before:
        return False
    if before:
        stop = _STOPS.get(reach)
        return stop is None or stop.match(text, *gap) is None
    if reach == "answer":
        return _UNANSWERED.search(text, *gap) is None
    if reach == "suffix":
        return _BESIDE.fullmatch(text, *gap) is not None
    if reach == "final" and _ITEM_END.match(text, cue.end, end) is None:
        return False
    alone = _SINCE.fullmatch(text, *gap) is not None and _LAST.match(text, cue.end, end) is not None
    return alone or _ITEM_BREAK.search(text, *gap) is None


def _cutting(name: str, reach: str, lexicon: Lexicon) -> set[str]:
    """Which terminations cut a cue of this class and reach."""
    if name in lexicon.uncut:
        return {"all", name}
    return {"all", "both", "forward"} if reach in _FORWARD else {"all", "both"}


def _begins_clause(text: str, gap: Place) -> bool:
    """Whether a mention with a verb of its own is joined to what goes before, and is no part of its list."""
    return _JOINED.search(text, *gap) is not None and _CHOICE.search(text, *gap) is None


def _follows_whole(text: str, gap: Place, end: int, lexicon: Lexicon) -> bool:
    """Whether what the cue denies was said whole before: "no acute distress, wheezes", and no "or" makes one list of them."""
    return lexicon.clause.whole.match(text, *gap) is not None and _CHOICE.search(text, gap[1], end) is None


def _by_section(sections: Sequence[Section], position: int, lexicon: Lexicon) -> tuple[str, ...]:
    within = [section for section in sections if section.char_start <= position < section.char_end]
    for section in reversed(within):
        title = regex.sub(r"^[\d.)\s]+|[:\s]+$", "", section.title.lower())
        if title in lexicon.sections:
            return lexicon.sections[title]
    return ()
