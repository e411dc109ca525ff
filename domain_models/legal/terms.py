"""What the lengths and dates of a term clause are for: initial term, renewal, notice, warranty.

Each reader takes the quote of one field and gives its value, or None where the words do not settle it ("[***] years").
An initial term says from where it runs as a code (`effective_date`, `agreement_date`, `other_event`), so that the end
date can be computed where that date is known. Knows nothing of documents or findings.
"""

import re
from collections.abc import Sequence
from datetime import date

from domain_models.legal.alternatives import is_alternative, of_two_dates
from domain_models.legal.dates import FoundDate, find_dates
from domain_models.legal.durations import Duration, calendar_step, find_durations, find_unnumbered
from domain_models.legal.wording import BLANK, plain
from schemas.finding import Value

PERPETUAL = Value(text="perpetual")
TERM_START = "term_start"
OTHER_EVENT = "other_event"

_END_CUE = re.compile(
    r"(?:\b(?:until|through|thru|to|till|ending|ends?|expir\w*|terminat\w*|conclud\w*|no[t]? later than)\b|-)"
    r"(?:[\s\":,]*\b(?:and|including|midnight|close of business|automatically|on|at|as of|of|the|in|upon|date|means"
    r"|shall mean|is|shall be|(?:earlier|later|earliest|latest|first) (?:to occur )?of)\b|[\s\":,]*\(\w{1,3}\)"
    r"|(?<=\(a\)|\(i\))[^().;]{3,60},?\s(?:and|or)\s\((?:b|ii)\))*"
    r"[\s(\":,]*$",
    re.IGNORECASE,
)
_START_CUE = re.compile(
    r"\b(?:effective|commenc\w*|begin\w*|start\w*|from|dated?|as of|entered into)\b[^.;]{0,40}$", re.IGNORECASE
)
_NOTICE_BEFORE = re.compile(
    r"\b(?:(?:not(?:ice|ify|ifies|ification)|cure)\b[^.;]{0,60}|(?:such|said)\s*)$", re.IGNORECASE
)
_NOTICE_AFTER = re.compile(
    r"^['s]*\s*\)?(?:(?:(?!unless|\bby\b|upon)[^.;,]){0,30}\bnotice|(?:\s*(?:in|of|the|an?|such|written))*\s*\b(?:prior|advance|before"
    r"|notification|in writing|previous|after receipt|of receipt))\b",
    re.IGNORECASE,
)
_RENEWAL_BEFORE = re.compile(
    r"\b(?:(?:successive|additional|consecutive|another|prolong\w*|automatically extend|renewals?|extensions?)\b"
    r"[^.;]{0,80}|(?:renew\w*|extended)\b[^.;,]{0,80})$",
    re.IGNORECASE,
)
# Words that open a renewal ("thereafter for one year"), but an initial term too ("and thereafter for two years").
_PERHAPS_RENEWAL_BEFORE = re.compile(
    r"\b(?:further|subsequent|extend\w*|roll\w*|thereafter)\b[^.;]{0,80}$", re.IGNORECASE
)
_RENEWAL_AFTER = re.compile(r"^\s*(?:renewals?|extensions?|increments?)\b", re.IGNORECASE)
_RENEWAL_INSIDE = re.compile(r"additional|further|successive|consecutive|subsequent|another", re.IGNORECASE)
_BEHIND_EVENT = re.compile(r"\s*(?:subsequent to|after|following)\s+the\b", re.IGNORECASE)
_INITIAL_AFTER = re.compile(r"[^.;]{0,40}[(\"]\s*(?:the\s*)?\"?initial\b", re.IGNORECASE)
_INITIAL_BEFORE = re.compile(r"\b(?:initial|first|original)\b[^.;,]{0,40}$", re.IGNORECASE)
_SUCCESSIVE = re.compile(
    r"\b(?:successive|consecutive|subsequent|periods|terms|each|every|year[- ]to[- ]year|month[- ]to[- ]month|annual\w*"
    r"|anniversary|thereafter)\b",
    re.IGNORECASE,
)
_PERPETUAL = re.compile(
    r"\b(?:indefinite(?:ly)?|perpetual(?:ly)?|perpetuity|evergreen|(?:unlimited|indeterminate) (?:period|duration|term)"
    r"|no fixed term)\b",
    re.IGNORECASE,
)
_UNTIL_TERMINATED = re.compile(
    r"\b(?:until|continu\w+|(?:remain|be) in (?:full )?(?:force|effect)\w*|unless)\b[^.;]{0,80}\b(?:terminat|cancel)\w*"
    r"|\bends? when terminated|\bmay be terminated|\buntil (?:either|any) party\b[^.;]{0,60}\bnoti\w+",
    re.IGNORECASE,
)
# "until the expiration of the Lease", "shall expire upon completion of the Project": an end that is no date and not never.
_STATED_END = re.compile(
    r"\b(?:until|through)\s+(?:(?!terminat|cancel|either|any\b|unless)[\w'/#-]+[\s,]+){0,7}?(?:expir\w+|complet\w+|conclusion|performance"
    r"|acceptance|(?:(?!effective|such)\w+\s+)date|end)\b(?! or (?:earlier )?termination)|\bexpir\w+(?:\s+\w+)?\s+(?:on|upon)\b|\b(?:later|earlier|latest"
    r"|earliest) (?:to occur )?of\b|\bwhichever\b|\bend(?:ing|s)?,?\s+(?:[\w\s]{0,30},\s+)?(?:on|upon)\b"
    r"|\bfor\s+the\s+(?:duration|term|\w+\s+(?:period|term))\b",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"\b(?:up to|not? more than|not? (?:to )?exceed(?:ing)?|maximum of|total of)\s+(?:(?:an?|an?other)\s+)?$",
    re.IGNORECASE,
)
# A duty that outlives the contract is no term of it: "survive for five years after termination".
_SURVIVES = re.compile(r"\bsurviv\w*\b[^.;]*$", re.IGNORECASE)
_WHICHEVER = re.compile(r"\bwhichever\b|\b(?:earlier|later) of\b", re.IGNORECASE)
_TERM_OF = re.compile(
    r"\b(?:term|period|effect|force|valid)\b[^.;]{0,60}(?:\b(?:is|of|for|be|continue|until)|:)\s*(?:an?\s+)?(?:period of\s+)?$",
    re.IGNORECASE,
)
_DEADLINE_BEFORE = re.compile(r"\b(?:within|later than)\s+(?:the\s+)?$", re.IGNORECASE)
_WARRANTED_AFTER = re.compile(r"[^.;,]{0,20}\b(?:warrant|guarant)", re.IGNORECASE)
_INSPECTED_AFTER = re.compile(r"[^.;,]{0,20}\b(?:evaluation|inspect|acceptance|testing)", re.IGNORECASE)
_NOTICE_OF_IT = re.compile(r"^'?s?'?\s*(?:(?:prior|written|advance|days)'?\s+)*notice\b", re.IGNORECASE)
_LENGTH_WORD = re.compile(r"\b(?:years?|months?|anniversary|end of|upon expiration)\b", re.IGNORECASE)
_SAME_LENGTH = re.compile(
    r"\b(?:same|like|equal|identical)\s+(?:\w+\s+)?(?:term|period|duration|length)", re.IGNORECASE
)
_AGREEMENT_START = re.compile(
    r"\b(?:dates?\s+(?:of\s+(?:its\s+|the\s+)?(?:execution|signature|signing)|hereof|signed"
    r"|first\s+(?:\w+\s+)?(?:written|set|above|stated)|of\s+this\s+agreement|and year first)|execution|signing date"
    r"|signature|its signing)\b|^(?:this|the) agreement\b",
    re.IGNORECASE,
)
_EFFECTIVE_START = re.compile(r"\b(?:effective date|commencement date|commencement of this agreement)\b", re.IGNORECASE)
_STARTS_AFTER = re.compile(
    r"^[^.;,]{0,25}?\b(?:of|from|after|following|commenc\w+ (?:on|upon|with|as of)|begin\w* (?:on|upon|with|as of))\s+"
    r"(?P<start>[^.;,]{3,70})",
    re.IGNORECASE,
)
_STARTS_BEFORE = re.compile(
    r"\b(?:from|commenc\w+(?: (?:on|upon|with|as of))?|begins?(?: (?:on|upon|with|as of))?|beginning"
    r"|effective (?:on|as of|upon))\s+(?P<start>[^.;,]{3,70})",
    re.IGNORECASE,
)


def expiration(quote: str) -> Value | None:
    """The end of the initial term: its date, or its length and from where it runs, or "perpetual".

    None for the earlier or later of a date and something else; of two dates the one that holds.
    """
    text = plain(quote)
    dates = find_dates(text)
    pair = of_two_dates(text, dates)
    if pair and is_end_date(text, pair[0]):
        return Value(date=pair[1])
    ended = _end_date(text, dates)
    if ended is not None:
        return None if ended.other or is_alternative(text, ended) else Value(date=ended.date)
    term = _initial_term(text)
    if term is not None:
        return _term_value(text, term, dates)
    return PERPETUAL if _is_perpetual(text) else None


def renewal(quote: str) -> Value | None:
    """How long each renewal runs; `text` says whether renewals follow one another ("successive 1 year")."""
    text = plain(quote)
    numbered = [d for d in find_durations(text) if not _is_notice(text, d) and not _INITIAL_AFTER.match(text, d.end)]
    surely = [d for d in numbered if _is_renewal(text, d) and not _is_most(text, d)]
    if _differ(surely):
        return None
    lengths = (
        [d for d in numbered if d in surely or (_perhaps_renewal(text, d) and not _is_most(text, d))]
        or _each_up_to(text, numbered)
        or [d for d in numbered if _is_renewal(text, d) or _perhaps_renewal(text, d)]
        or find_unnumbered(text)
        or _same_again(text)
        or [d for d in numbered if not _INITIAL_BEFORE.search(text[: d.start]) and not _is_of_first_term(text, d)]
    )
    if not lengths:
        return PERPETUAL if _is_perpetual(text) else None
    words = _worded(lengths[0])
    words = f"successive {words}" if _SUCCESSIVE.search(text) else words
    return Value(text=words, number=lengths[0].number, unit=lengths[0].unit)


def notice(quote: str) -> Value | None:
    """How long before the end notice must be given, the first of several; None where each side has a notice of its own.

    A single length that nothing calls a notice is one, but for that of the term or of its renewal.
    """
    text = plain(quote)
    found = [d for d in find_durations(text) if not _INITIAL_BEFORE.search(text[: d.start])]
    single = found if len({d.length for d in found}) == 1 and not any(_is_of_term(text, d) for d in found) else []
    lengths = [d for d in found if _is_notice(text, d)] or single
    told = [d for d in lengths if _NOTICE_OF_IT.search(text[d.end :])]
    return None if not lengths or _differ(told) else _length_value(lengths[0])


def warranty(quote: str) -> Value | None:
    """How long a warranty lasts; None where several lengths stand and none is said to be its period.

    In so many days something is answered, inspected or sent back: no warranty lasts so long, unless the words call it one.
    """
    text = plain(quote)
    lengths = [d for d in find_durations(text) if not _is_notice(text, d) and not _is_deadline(text, d)]
    period = re.compile(r"\b(?:period|term|warrant\w*|for|lasting)\b[^.;,]{0,40}$", re.IGNORECASE)
    said = [d for d in lengths if period.search(text[: d.start])] or lengths
    if not said or _differ(said) or (_WHICHEVER.search(text) and _differ(lengths)):
        return None
    return _length_value(said[0])


def _is_deadline(text: str, length: Duration) -> bool:
    before, after = text[max(0, length.start - 40) : length.start], text[length.end : length.end + 40]
    in_days = length.unit == "business day" or (length.unit == "day" and _DEADLINE_BEFORE.search(before) is not None)
    return bool((in_days and not _WARRANTED_AFTER.match(after)) or _INSPECTED_AFTER.match(after))


def _differ(lengths: Sequence[Duration]) -> bool:
    return len({length.length for length in lengths}) > 1


def end_of_term(start: date, term: Value) -> date | None:
    """The date a term ends that starts on `start`; None where it has no length. "5 years from 6 May" ends on 6 May."""
    if term.number is None or term.unit in {None, "business day"}:
        return None
    return start + calendar_step(term.number, term.unit)


def is_end_date(text: str, found: FoundDate) -> bool:
    """Whether the words right before a date say that something ends on it."""
    return bool(_END_CUE.search(text[: found.start]))


def _end_date(text: str, dates: Sequence[FoundDate]) -> FoundDate | None:
    """The date that the words say is the end, or the only date of a quote that is little more than a date."""
    for found in dates:
        if is_end_date(text, found):
            return found
    bare = len(dates) == 1 and len(text) - (dates[0].end - dates[0].start) < 25
    return dates[0] if bare and not _START_CUE.search(text[: dates[0].start]) else None


def _is_perpetual(text: str) -> bool:
    if BLANK.search(text):
        return False
    ends = _LENGTH_WORD.search(_without_notices(text)) or _STATED_END.search(text)
    open_ended = _UNTIL_TERMINATED.search(text) and not ends
    return bool(_PERPETUAL.search(text) or open_ended)


def _without_notices(text: str) -> str:
    for length in reversed(find_durations(text)):
        if _is_notice(text, length):
            text = text[: length.start] + text[length.end :]
    return text


def _initial_term(text: str) -> Duration | None:
    """The first length that is neither a notice nor a renewal."""
    lengths = [d for d in find_durations(text) if not _SURVIVES.search(text[: d.start])]
    terms = [d for d in lengths if not _is_notice(text, d) and not _is_renewal(text, d)]
    surely = [d for d in terms if not _perhaps_renewal(text, d)]
    return next(iter(surely or terms), None)


def _term_value(text: str, term: Duration, dates: Sequence[FoundDate]) -> Value:
    length = Value(number=term.number, unit=term.unit)
    started = [found for found in dates if _START_CUE.search(text[: found.start])]
    if started and not started[0].other:
        return Value(date=end_of_term(started[0].date, length), number=term.number, unit=term.unit)
    start = _start_of(text, term)
    words = f"{_worded(term)} from {start.replace('_', ' ')}"
    return Value(text=words, number=term.number, unit=term.unit, code=start, code_system=TERM_START)


def _start_of(text: str, term: Duration) -> str:
    """From where a term runs; the effective date where nothing is said or only that."""
    match = _STARTS_AFTER.search(text[term.end :]) or _STARTS_BEFORE.search(text[: term.start])
    said = match["start"] if match else ""
    if re.match(r"(?:such|that|said) date|the date thereof", said, re.IGNORECASE):
        said = text[: term.start]
    if _EFFECTIVE_START.search(said):
        return "effective_date"
    if _AGREEMENT_START.search(said):
        return "agreement_date"
    return OTHER_EVENT if said else "effective_date"


def _same_again(text: str) -> list[Duration]:
    """The initial term's length where the renewal is "for the same term"."""
    same = _SAME_LENGTH.search(text)
    term = _initial_term(text)
    return [term] if same and term else []


def _is_most(text: str, length: Duration) -> bool:
    return bool(_AT_MOST.search(text[: length.start]))


def _each_up_to(text: str, lengths: Sequence[Duration]) -> list[Duration]:
    """ "on a yearly basis up to ten (10) years": what comes again, not how long it may."""
    mosts = [d.start for d in lengths if _is_most(text, d)]
    return [each for each in find_unnumbered(text) if any(each.end < most < each.end + 40 for most in mosts)]


def _is_notice(text: str, length: Duration) -> bool:
    before, after = text[max(0, length.start - 70) : length.start], text[length.end : length.end + 60]
    return bool(_NOTICE_AFTER.search(after) or _NOTICE_BEFORE.search(before))


def _is_of_term(text: str, length: Duration) -> bool:
    return _is_renewal(text, length) or _is_of_first_term(text, length)


def _is_of_first_term(text: str, length: Duration) -> bool:
    before, after = text[max(0, length.start - 100) : length.start], text[length.end : length.end + 30]
    return bool(_TERM_OF.search(before) or _BEHIND_EVENT.match(after))


def _is_renewal(text: str, length: Duration) -> bool:
    before, after = text[max(0, length.start - 100) : length.start], text[length.end : length.end + 30]
    words = text[length.start : length.end]
    return bool(_RENEWAL_BEFORE.search(before) or _RENEWAL_AFTER.search(after) or _RENEWAL_INSIDE.search(words))


def _perhaps_renewal(text: str, length: Duration) -> bool:
    return bool(_PERHAPS_RENEWAL_BEFORE.search(text[max(0, length.start - 100) : length.start]))


def _length_value(length: Duration) -> Value:
    return Value(text=_worded(length), number=length.number, unit=length.unit)


def _worded(length: Duration) -> str:
    return f"{length.number} {length.unit}{'' if length.number == 1 else 's'}"
