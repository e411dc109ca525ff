"""Lists beneath a heading that says what they hold, as rows of cells: an item a line, numbered, or parted by semicolons.

An item is read only where all of it can be told: a name, and then segments each of which can be one thing alone (a
date, a state, how often, a value with its unit). Anything freer is prose, and left to the tagger.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

import regex

from domain_models.medical.cells import DATE, FIELDS, Cell, Row, cell_of, drug_cells, head_cell, layout, reads
from domain_models.medical.icd10 import code_of
from domain_models.medical.ingredients import is_drug
from domain_models.medical.list_lines import FULL, is_new_line
from domain_models.medical.quantities import parse_unit, plain

Place = tuple[int, int]

_LINE = regex.compile(r"[^\n\f]*")
_UNKNOWN_HEADING = regex.compile(r"[^\n\f\d\[\]]*:[ \t]*\r?\n(?!\s*\d)|[\p{Lu} /&,-]{8,}(?=\r?[\n\f])")
_MARKER = regex.compile(r"^\s*(?:\d{1,3}[.)]|[-•*▪◦–])\s+")
_MARKER_AT = regex.compile(_MARKER.pattern[1:])
_SEGMENT = regex.compile(r"\s*(?:[,;|]|(?<=\p{L}):(?=\s)|\s[-–]\s|[()]|->|→|(?i:\bcauses?\b))\s*")
_SENTENCE = regex.compile(
    r"(?i)\b(?:is|was|were|are|has|have|had|takes|took|taking|reports|reported|no|not|none|denies|because|who|which|he|she)\b"
)
# "concussion without loss of consciousness" and "injury, no fracture" are names; "no fracture" and "he fell" are not
_DENIED_OR_TOLD = regex.compile(
    r"(?i)^(?:no|not|none|denies|without)\b|\b(?:is|was|were|are|has|have|had|takes|took|taking|reports|reported|he|she|who|which|because)\b"
)
_DATE = regex.compile(DATE)
_STATES = r"(?i:started|begun|stopped|discontinued|ended|completed|resolved|continued|changed|held)"
_ENDED = {"stopped", "discontinued", "ended", "completed", "resolved"}
_LEADING = r"(?i:since|from|start|diagnosed|onset|first given|first noted|noted|given|on|in|prescribed|recorded)"
_SEGMENT_ROLES = {
    "medication": ("status", "frequency", "route", "dose", "duration"),
    "problem": ("status",),
    "allergy": ("severity",),
    "procedure": (),
}
_DATED = regex.compile(rf"(?:(?P<state>{_STATES})\s+(?:on\s+)?|(?:{_LEADING}:?\s+)?)(?P<date>{DATE})")
_SPAN = regex.compile(rf"(?P<date>{DATE})\s*(?:-|–|to|until)\s*(?P<end>{DATE}|(?i:present|now|current|ongoing|active))")
_FREQUENCY = regex.compile(
    r"(?i)\s+(?P<value>as needed|prn|when needed|as required|(?:once|twice|three times|four times) (?:daily|a day|per day)|daily|nightly|at bedtime)$"
)
_DURATION = regex.compile(r"(?i)\s+(?:for|x|×)\s*(?P<value>\d{1,3}[ -](?:days?|weeks?|months?))$")
_RESULT = regex.compile(
    rf"(?:(?P<date>{DATE})\s*:?\s+)?(?P<name>[\p{{L}}\d](?:(?!{DATE})[^;=|])*?[\p{{L}}\])%\d])(?P<joint>\s*[:=|]\s*|\s+)"
    r"(?P<value>(?:[<>≤≥]\s*)?-?\d[\d,]*(?:\.\d+)?(?:/\d+(?:\.\d+)?)?|(?i:negative|positive|trace|normal|abnormal|not detected|detected|(?:non-?)?reactive))"
    rf"(?:\s*(?P<unit>(?:[x×]?\s?10[*^]?)?[^\s\d,;()=|:][^\s,;()=|:]*(?:\s(?:Hg|HPF|hpf))?))?(?:\s*[,|]?\s*[(\[]?(?P<taken>{DATE})[)\]]?)?\s*[.;]?"
)
_GIVES_REACTION = regex.compile(r":\s|\s[-–]\s|->|→|(?i:\bcauses?\b)")
_DATE_BEHIND = regex.compile(rf"\s+(?:(?i:in|since|on)\s+)?(?P<date>{DATE})$")
_NOTHING_DONE = regex.compile(
    r"(?i)(?:non-?contributory|unremarkable|nil|negative|n/?a|unknown|reviewed|as above|see )"
)
_LABELLED = regex.compile(r"\p{Lu}[\p{L} /&-]{3,40}:\s")
_BETWEEN_ALLERGIES = regex.compile(r"\s*;\s*|(?<=[)\p{L}])\.(?:\s+|$)")
_COMMA = regex.compile(  # how bad it was and when belong to the substance before: "contrast - hives, severe, 2016"
    rf",\s+(?:and\s+)?(?![^()]*\))(?!(?:(?i:mild|moderate|severe|life[- ]threatening)|{DATE})\s*(?:[.,;]|$|\n))"
)
_CATEGORY = regex.compile(
    r"(?i)(?:food|drug|medication|environmental|environment|seasonal|other|contact|animal)s?\s*:\s*"
)
_NONE_KNOWN = regex.compile(r"(?i)no known (?:drug |food |medication )?allerg(?:y|ies)|nkd?a|none known")
_INLINE = regex.compile(
    r"(?i)[ \t]*(?:(?P<allergy>(?:known |drug )?allerg(?:y|ies)(?: to medications| and (?:intolerances|adverse reactions))?)|(?:procedures?|operations?)(?: performed)?)[ \t]*:[ \t]*(?P<items>\S[^\n\f]*)"
)
_ENDS_AS_DRUG = regex.compile(
    r"(?i)(?:\b(?:tablets?|capsules?|solution|suspension|inhaler|injection|spray|cream|ointment|gel|patch|pack|kit|m?c?g|ml|units?)|\]|\))$"
)
# a name that holds another result: "BP 142/88 mmHg, HR", "PT 13.1 sec INR", "A1c 6.9 H %"
_TWO = regex.compile(r":\s|\d[^,\]\)]*,|\s[<>]?\d+\.\d+(?=\s|$)|\s\d+\s+[HL](?=\s|$)")
_MOST_JOINED = 4  # lines in which one item can stand
_LONGEST_SUBSTANCE, _LONGEST_PROCEDURE, _LONGEST_REACTION, _LONGEST_NAME = 5, 8, 4, 160  # words, of a name characters


def read_lists(text: str) -> Iterator[Row]:
    """The rows of every list, in reading order."""
    for kind, region in regions(text):
        yield from _READERS[kind](text, region)


def headings(text: str) -> Iterator[Place]:
    """The lines that are nothing but a heading we know."""
    return (match.span() for match in _LINE.finditer(text) if _heading(match.group()))


def _heading(line: str) -> str | None:
    """What the list beneath this line holds, `other` where it is no list; None where the line is no heading we know."""
    words = " ".join(line.lower().split()).strip(" :")
    return _headings().get(regex.sub(r"^[\da-z][.)]\s+", "", words))


def regions(text: str) -> Iterator[tuple[str, Sequence[Place]]]:
    """Each list's kind and its lines, from beneath a known heading to the next heading or table."""
    kind: str | None = None
    lines: list[Place] = []
    for match in _LINE.finditer(text):
        if not match.group().strip():
            continue
        known = _heading(match.group())
        inline = _INLINE.match(text, *match.span())
        if inline:
            yield ("allergy" if inline["allergy"] else "procedure"), [_trimmed(text, inline.span("items"))]
        if known or inline or _UNKNOWN_HEADING.match(text, match.start()):
            yield from [(kind, lines)] if kind and lines else []
            kind, lines = (None if known == "other" else known), []
        elif "\t" in _MARKER.sub("", match.group(), count=1):
            yield from [(kind, lines)] if kind and lines else []
            kind, lines = None, []
        elif kind:
            lines.append(_trimmed(text, match.span()))
    yield from [(kind, lines)] if kind and lines else []


@cache
def _headings() -> Mapping[str, str]:
    return {title: kind for kind, titles in layout()["headings"].items() for title in titles}


def _trimmed(text: str, place: Place) -> Place:
    words = text[slice(*place)]
    return place[0] + len(words) - len(words.lstrip()), place[1] - len(words) + len(words.rstrip())


def _items(text: str, lines: Sequence[Place], kind: str) -> Iterator[Place]:
    """Each item's interval without its number or bullet, the lines that it was wrapped over joined."""
    marked = [_MARKER_AT.match(text, *line) for line in lines]
    if any(marked):  # "ESTIMATED BLOOD LOSS: 25 mL" behind a numbered list is no part of its last item
        ends = (at for at, line in enumerate(lines) if at and not marked[at] and _is_labelled(text, line))
        lines = lines[: next(ends, len(lines))]
    width = max(end - start for start, end in lines)
    start, end = lines[0]
    for (before, after), mark in zip(pairwise(lines), marked[1 : len(lines)], strict=True):
        if any(marked):
            is_new = (mark or _LABELLED.match(text, *after)) is not None
        else:
            is_new = is_new_line(kind, text[slice(*before)], text[slice(*after)], width)
        if is_new:
            yield _unmarked(text, (start, end))
            start = after[0]
        end = after[1]
    yield _unmarked(text, (start, end))


def _is_labelled(text: str, line: Place) -> bool:
    return _LABELLED.match(text, *line) is not None and _CATEGORY.match(text, *line) is None


def _unmarked(text: str, place: Place) -> Place:
    mark = _MARKER_AT.match(text, *place)
    start, end = _trimmed(text, (mark.end() if mark else place[0], place[1]))
    return start, end - (text[start:end].endswith(".") and not text[start:end].endswith(".."))


def _segments(text: str, place: Place) -> list[Place]:
    """The parts of an item between commas, bars, dashes and brackets; a date's own comma parts nothing."""
    dates = [match.span() for match in _DATE.finditer(text, *place)]
    borders = [
        match.span()
        for match in _SEGMENT.finditer(text, *place)
        if not any(start < match.start() and match.end() < end for start, end in dates)
    ]
    edges = [place[0], *(at for border in borders for at in border), place[1]]
    parts = [_trimmed(text, (start, end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [(start, end) for start, end in parts if text[start:end].strip(" .")]


def _named(text: str, place: Place, kind: str) -> tuple[Place, list[Cell]] | None:
    """An item's name, and the cells behind it, as far to the left as every segment can be told; None without any."""
    segments = _segments(text, place)
    cells: list[Cell] = []
    while len(segments) > 1:
        told = _told(text, segments[-1], kind)
        if told is None:
            break
        cells = [*told, *cells]
        segments.pop()
    name = text[place[0] : segments[-1][1]] if segments else ""
    end = place[0] + len(name)
    closes = name.count("(") > name.count(")") and text.startswith(")", end)  # "Metabolic syndrome X (disorder)"
    return ((place[0], end + closes), cells) if segments else None


def _told(text: str, place: Place, kind: str) -> list[Cell] | None:
    """What a segment states beside the name; None where it may be anything."""
    words = text[slice(*place)].rstrip(".")
    place = (place[0], place[0] + len(words))
    dated = _SPAN.fullmatch(words) or _DATED.fullmatch(words)
    if dated:
        return _dated(text, place[0], kind, dated)
    for role in _SEGMENT_ROLES[kind]:
        cell = cell_of(kind, role, text, place)
        if cell and (role == "status" or (cell.char_end == place[1] and reads(kind, role, words))):
            return [cell]
    if kind == "allergy" and len(words.split()) <= _LONGEST_REACTION and not _SENTENCE.search(words):
        cell = cell_of(kind, "reaction", text, place)
        return [cell] if cell else None
    return None


def _dated(text: str, start: int, kind: str, dated: "regex.Match[str]") -> list[Cell]:
    """The date, and the state that it begins or ends: "resolved May 3, 2010", "2010-04-01 to 2010-05-03"."""
    state = dated.groupdict().get("state") and cell_of(kind, "status", text, (start, start + dated.end("state")))
    stated = text[state.char_start : state.char_end].lower() if state else ""
    first, last = ("date", "resolved_on") if "date" in FIELDS[kind] else ("started_on", "stopped_on")
    role = last if stated in _ENDED else first
    cells = [state] if state else []
    for name, place_role in (("date", role), ("end", last)):
        if dated.groupdict().get(name) and place_role in FIELDS[kind]:
            cell = cell_of(kind, place_role, text, (start + dated.start(name), start + dated.end(name)))
            cells += [cell] if cell else []
    return cells


def _problems(text: str, lines: Sequence[Place]) -> Iterator[Row]:
    for item in _items(text, lines, "problem"):
        name, cells = _dated_name(text, item, "problem")
        head = head_cell("problem", text, name)
        is_known = bool(cells) or code_of(" ".join(text[slice(*name)].split())) is not None
        if head and is_known and not _DENIED_OR_TOLD.search(text[head.char_start : head.char_end]):
            yield Row("problem", (head, *cells), (item,))


def _medications(text: str, lines: Sequence[Place]) -> Iterator[Row]:
    for item in _items(text, lines, "medication"):
        name, cells = _named(text, item, "medication") or (item, [])
        verb = regex.match(r"\p{L}+\s+", text, pos=name[0], endpos=name[1])
        told = cell_of("medication", "status", text, verb.span()) if verb else None
        if verb and told:
            name, cells = (verb.end(), name[1]), [told, *cells]
        long = _DURATION.search(text, *name)
        duration = cell_of("medication", "duration", text, long.span("value")) if long else None
        if long and duration:
            name, cells = (name[0], long.start()), [duration, *cells]
        often = _FREQUENCY.search(text, *name)
        frequency = cell_of("medication", "frequency", text, often.span("value")) if often else None
        if often and frequency:
            name, cells = (name[0], often.start()), [frequency, *cells]
        head = drug_cells(text, name)
        words = text[slice(*name)]
        is_whole = bool(cells) and (_ENDS_AS_DRUG.search(words) is not None or not regex.search(r"\d", words))
        is_named = len(head) > 1 or is_whole or is_drug(words)
        if head and is_named and len(words) <= _LONGEST_NAME and not _SENTENCE.search(words):
            own = {cell.role for cell in cells}
            yield Row("medication", (*(c for c in head if c.role not in own), *cells), (item,))


def _allergies(text: str, lines: Sequence[Place]) -> Iterator[Row]:
    """Substances parted by lines, semicolons, full stops or commas; behind an unbracketed reaction a comma parts reactions."""
    for item in _items(text, lines, "allergy"):
        category = _CATEGORY.match(text, *item)
        for listed in _split(text, (category.end() if category else item[0], item[1]), _BETWEEN_ALLERGIES):
            has_reaction = False
            for part in _split(text, listed, _COMMA):
                row = None if has_reaction else _allergy(text, part)
                has_reaction |= _GIVES_REACTION.search(text, *part) is not None
                if row:
                    yield row


def _allergy(text: str, part: Place) -> Row | None:
    name, cells = _named(text, part, "allergy") or (part, [])
    head = head_cell("allergy", text, name)
    words = text[slice(*name)].strip(" .")
    is_name = (
        len(words.split()) <= _LONGEST_SUBSTANCE and not _SENTENCE.search(words) and not regex.search(r"[:(]", words)
    )
    if head is None or cell_of("allergy", "severity", text, name) or not (is_name or _NONE_KNOWN.fullmatch(words)):
        return None
    return Row("allergy", (Cell(head.role, head.field, head.char_start, head.char_start + len(words)), *cells), (part,))


def _procedures(text: str, lines: Sequence[Place]) -> Iterator[Row]:
    """The titled procedures, each of those that "with" or "and" joins by itself."""
    for item in _items(text, lines, "procedure"):
        parts = list(_split(text, item, regex.compile(r",?\s+(?:with|and)\s+|\s*;\s*")))
        words = [text[slice(*part)] for part in parts]
        if not _SENTENCE.search(text[slice(*item)]) and all(len(one.split()) <= _LONGEST_PROCEDURE for one in words):
            for part in parts:
                head = head_cell("procedure", text, part)
                if head:
                    yield Row("procedure", (head,), (part,))


def _past_procedures(text: str, lines: Sequence[Place]) -> Iterator[Row]:
    """What was carried out before, an item a procedure, with its date."""
    for item in _items(text, lines, "procedure"):
        name, cells = _dated_name(text, item, "procedure")
        words = text[slice(*name)]
        head = head_cell("procedure", text, name)
        is_name = len(words.split()) <= _LONGEST_PROCEDURE and not _NOTHING_DONE.match(words)
        if head and is_name and not _SENTENCE.search(words) and not regex.search(r"[:(]|\d{3}", words):
            yield Row("procedure", (head, *cells), (item,))


def _dated_name(text: str, item: Place, kind: str) -> tuple[Place, list[Cell]]:
    """An item's name and the cells behind it, its date too where nothing but "in" parts the two: "pneumonia in 2019"."""
    name, cells = _named(text, item, kind) or (item, [])
    behind = _DATE_BEHIND.search(text, *name)
    if behind is None:
        return name, cells
    date = cell_of(kind, "date", text, behind.span("date"))
    return (name[0], behind.start()), [*([date] if date else []), *cells]


def _split(text: str, place: Place, border: "regex.Pattern[str]") -> Iterator[Place]:
    edges = [place[0], *(at for match in border.finditer(text, *place) for at in match.span()), place[1]]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if text[start:end].strip():
            yield _trimmed(text, (start, end))


def _results(text: str, lines: Sequence[Place]) -> Iterator[Row]:
    """A result a line or, where semicolons part them, in running text; a date before them holds for all behind it."""
    if any(";" in text[slice(*line)] for line in lines):
        yield from _running(text, (lines[0][0], lines[-1][1]))
        return
    width = max(end - start for start, end in lines)
    at = 0
    while at < len(lines):
        row, used = _longest(text, lines[at : at + _MOST_JOINED], width)
        if row:
            yield row
        at += used


def _longest(text: str, lines: Sequence[Place], width: int) -> tuple[Row | None, int]:
    """The result that begins on the first of these lines, and how many lines it takes."""
    for count in range(1, len(lines) + 1):
        row = _result(text, (lines[0][0], lines[count - 1][1]))
        if row and count < len(lines) and _is_tail(text, lines[count]):
            longer = _result(text, (lines[0][0], lines[count][1]))
            return (longer, count + 1) if longer else (row, count)
        if row:
            return row, count
        following = text[slice(*lines[count])].split() if count < len(lines) else []
        if following and lines[count - 1][1] - lines[count - 1][0] + 1 + len(following[0]) <= FULL * width:
            break
    return None, 1


def _is_tail(text: str, line: Place) -> bool:
    """Whether a line holds only the unit or the date of a result that began above it."""
    return regex.fullmatch(rf"(?:\S+\s+)?[(\[]?{DATE}[)\]]?|\S+", text[slice(*line)]) is not None


def _running(text: str, place: Place) -> Iterator[Row]:
    dated: list[Cell] = []
    for part in _split(text, place, regex.compile(rf"\s*;\s*|\.\s*(?:\n|\f|$)|\.\s+(?={DATE}\s*:)")):
        before = regex.match(rf"\s*(?P<date>{DATE})\s*:\s*", text, pos=part[0], endpos=part[1])
        if before:
            cell = cell_of("test", "date", text, before.span("date"))
            dated, part = [cell] if cell else [], (before.end(), part[1])
        row = _result(text, part)
        if row:
            yield Row("test", (*row.cells, *dated), row.extent)


def _result(text: str, place: Place) -> Row | None:
    """The one result that fills `place`: a name, a number or a word, and a unit that is one."""
    match = _RESULT.fullmatch(text, *place)
    if (
        match is None
        or len(match["name"]) > _LONGEST_NAME
        or _SENTENCE.search(match["name"])
        or _TWO.search(match["name"])
    ):
        return None
    if match["unit"] and not parse_unit(plain(match["unit"])):
        return None
    end = match.end("unit") if match["unit"] else match.end("value")
    head = head_cell("test", text, match.span("name"))
    dates = [cell_of("test", "date", text, match.span(name)) for name in ("date", "taken") if match[name]]
    value = Cell("value", "lab_value", match.start("value"), end)
    return Row("test", (head, value, *(cell for cell in dates[:1] if cell)), (place,)) if head else None


_READERS: Mapping[str, Callable[[str, Sequence[Place]], Iterator[Row]]] = {
    "medication": _medications,
    "stopped_medication": _medications,
    "problem": _problems,
    "resolved_problem": _problems,
    "allergy": _allergies,
    "test": _results,
    "procedure": _procedures,
    "past_procedure": _past_procedures,
}
