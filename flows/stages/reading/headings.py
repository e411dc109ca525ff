"""Where headings stand in a document's text, and how deep: contract numbering, lines in capitals, clinical headings.

Goes through the lines once, in order, and keeps count of clause numbers. The rules are data (`headings.toml`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from flows.stages.reading.numbering import (
    ENUMERATOR_RANKS,
    dotted_goes_on,
    enumerator,
    goes_on,
    letter_value,
    roman_value,
)
from flows.stages.reading.rules import HeadingRules, NumberedRule

ATTACHMENT_LINES = 4
FILING_LABEL_CHARS = 300
LONGEST_LINE_ABOVE = 45
LONGEST_TITLE = 90
LONGEST_TITLE_WORDS = 12

_LINE = re.compile(r"[^\n\f]+")
_ENDS_LISTED = re.compile(r"\b(?:and|or)$")
_LAST_WORD = re.compile(r"([A-Za-z]+)$")
# what ends a run-in title: "12.3 Assignment. Neither party ...", "Term: ...", "Notices - All notices ..."
_RUN_IN = re.compile(r"(?P<title>[^.:;\t]{2,90}?)(?:[.:](?=\s|$)|\s[–—-]\s)")
_DEFINED = re.compile(r"[“\"](?P<title>[^”\"\n]{2,60})[”\"]")
_IN_CAPITALS = re.compile(r"(?:^|(?<=[.,;:)\]]))[ ,]*(?P<title>[A-Z][A-Z0-9/&'() -]{1,58}[A-Z0-9)]):", re.MULTILINE)
_LEADING_TITLE = re.compile(r"(?P<title>[A-Z][A-Za-z/&' -]{1,40}?)\s*(?::|$)")
_CONTENTS_ROW = re.compile(r"(?<=[A-Za-z).”\"\s])[\s.]*(?<!\d)\d{1,3}$")
_SENTENCE_END = re.compile(r"[.:;!?)\]”\"*_]$")
_BARE_LABEL = re.compile(
    r"(?:article|part|chapter|section|exhibit|schedule|annex|appendix|attachment) \S+", re.IGNORECASE
)
_HALVES = re.compile(r"\s*/\s*|\s+and\s+")
_SMALL_WORDS = re.compile(r"\b(?:and|or|of|the|to|for|in|by|on|a|an|with|from|as|at|under)\b")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's first character, its depth (a smaller rank lies further out) and its title on one line."""

    start: int
    rank: int
    title: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's text without its margins, where it begins, its place on its page (0-based), and its neighbours."""

    start: int
    text: str
    place: int
    before: str = ""
    after: str = ""


def find_headings(text: str, furniture: Sequence[tuple[int, int]], rules: HeadingRules) -> list[Heading]:
    """Every heading in order; at one place at most one."""
    lines = _without_contents(list(_lines(text, furniture)))
    counts = _Counts()
    found: dict[int, Heading] = {}
    for line in lines:
        heading = _numbered(line, rules, counts) or _leading_clinical(line, rules)
        if heading:
            found[heading.start] = heading
    others = [line for line in lines if line.start not in found]
    for heading in (*_capital_lines(others, rules), *_inline_clinical(text, rules)):
        found.setdefault(heading.start, heading)
    return _with_captions(sorted(found.values(), key=lambda heading: heading.start), text)


def _lines(text: str, furniture: Sequence[tuple[int, int]]) -> Iterator[_Line]:
    bare = list(_bare_lines(text, {start for start, _ in furniture}))
    texts = ["", *(line.text for line in bare), ""]
    for at, line in enumerate(bare):
        yield replace(line, before=texts[at], after=texts[at + 2])


def _bare_lines(text: str, skipped: set[int]) -> Iterator[_Line]:
    offset = 0
    for page in text.split("\f"):
        place = 0
        for match in _LINE.finditer(page):
            start = offset + match.start()
            stripped = match[0].strip()
            if stripped and start not in skipped:
                yield _Line(start + len(match[0]) - len(match[0].lstrip()), stripped, place)
                place += 1
        offset += len(page) + 1


def _without_contents(lines: Sequence[_Line]) -> list[_Line]:
    """The lines without those of a table of contents: several in a row that end with a page number."""
    is_row = [line.text[-1].isdigit() and bool(_CONTENTS_ROW.search(line.text)) for line in lines]
    return [line for at, line in enumerate(lines) if not (is_row[at] and sum(is_row[max(0, at - 3) : at + 4]) >= 4)]


_VALUES: dict[str, Callable[[str], int | None]] = {"number": int, "roman": roman_value, "letter": letter_value}


class _Counts:
    """The numbers of the headings so far; a heading begins the counts below it anew."""

    def __init__(self) -> None:
        self._dotted: str | None = None
        self._plain: dict[str, int] = {}
        self._enumerated: dict[str, int] = {}

    def accept(self, rule: NumberedRule, number: str) -> int | None:
        """How far the rule's rank is to be deepened; None where the number does not go on from the last."""
        if rule.sequence == "enumerated":
            return self._accept_enumerator(number)
        if rule.sequence == "dotted":
            if not dotted_goes_on(number, self._dotted):
                return None
            self._dotted = number
        elif rule.sequence != "none" and not self._accept_plain(rule.sequence, number):
            return None
        self._enumerated.clear()
        return number.count(".") if rule.sequence == "dotted" else 0

    def _accept_plain(self, sequence: str, number: str) -> bool:
        value = _VALUES[sequence](number)
        if value is None or not goes_on(value, self._plain.get(sequence)):
            return False
        self._plain[sequence] = value
        if sequence == "number":
            self._dotted = number
        return True

    def _accept_enumerator(self, number: str) -> int | None:
        found = enumerator(number, self._enumerated)
        if found is None:
            return None
        kind, value = found
        depth = ENUMERATOR_RANKS[kind]
        self._enumerated = {k: v for k, v in self._enumerated.items() if ENUMERATOR_RANKS[k] < depth} | {kind: value}
        return depth


def _numbered(line: _Line, rules: HeadingRules, counts: _Counts) -> Heading | None:
    for rule in rules.numbered:
        match = rule.pattern.match(line.text)
        if match is None:
            continue
        is_listed = rule.sequence == "enumerated" and _ENDS_LISTED.search(line.before)
        if not is_listed and _is_unfinished(line.before, rules):
            return None
        rest = line.text[match.end() :].strip()
        if rule.sequence != "enumerated" and not _may_begin_title(rest):
            continue
        if rule.name == "attachment" and not _begins_attachment(line, rest, rule.pattern):
            continue
        depth = counts.accept(rule, match.groupdict().get("number") or "")
        if depth is not None:
            return Heading(line.start, rule.rank + depth, f"{match['label']} {_title(rest)}".strip())
    return None


def _is_unfinished(before: str, rules: HeadingRules) -> bool:
    last = _LAST_WORD.search(before)
    # "ARTICLE" in capitals ends a caption; "in this" ends nothing
    return bool(last and last[1].lower() in rules.unfinished and not last[1].isupper())


def _may_begin_title(rest: str) -> bool:
    return not rest or rest[0].isupper() or rest[0].isdigit() or rest[0] in "\"“'‘[(*_–—-"


def _begins_attachment(line: _Line, rest: str, pattern: re.Pattern[str]) -> bool:
    """Whether the attachment itself begins here; most lines that begin "Exhibit A" are a list or a reference.

    The first lines of a file name the exhibit that the whole of it is.
    """
    is_listed = pattern.match(line.before) or pattern.match(line.after)
    is_at_top = line.place < ATTACHMENT_LINES and line.start > FILING_LABEL_CHARS
    return is_at_top and not is_listed and len(rest) <= LONGEST_TITLE


def _title(rest: str) -> str:
    """The words of a heading after its number; empty where the clause has none."""
    defined = _DEFINED.match(rest)
    if defined:
        return f"“{defined['title'].strip()}”"
    run_in = _RUN_IN.match(rest)
    title = " ".join((run_in["title"] if run_in else rest).split())
    is_whole_line = run_in is None
    words = title.split()
    if len(title) > LONGEST_TITLE or len(words) > LONGEST_TITLE_WORDS or not title[:1].isupper():
        return ""
    # a heading without a full stop is told from the beginning of a sentence by its capitals
    return title if _is_title_case(title) or (not is_whole_line and len(words) <= 4) else ""


def _is_title_case(title: str) -> bool:
    words = [word for word in re.findall(r"[A-Za-z]+", _SMALL_WORDS.sub("", title)) if len(word) > 1]
    return bool(words) and sum(word[0].isupper() for word in words) >= 0.7 * len(words)


def _leading_clinical(line: _Line, rules: HeadingRules) -> Heading | None:
    match = _LEADING_TITLE.match(line.text)
    if match is None:
        return None
    title = match["title"].strip()
    rank = _clinical_rank(title, rules)
    return Heading(line.start, rank, title) if rank else None


def _clinical_rank(title: str, rules: HeadingRules) -> int | None:
    known = " ".join(title.lower().split())
    # "IMPRESSION/PLAN" is both of its halves
    if known in rules.clinical or all(half in rules.clinical for half in _HALVES.split(known)):
        return rules.clinical_rank
    return rules.part_rank if known in rules.parts else None


def _inline_clinical(text: str, rules: HeadingRules) -> Iterator[Heading]:
    for match in _IN_CAPITALS.finditer(text):
        title = " ".join(match["title"].split())
        start = match.start("title")
        is_leading = start == 0 or text[start - 1] in "\n\f"
        rank = _clinical_rank(title, rules)
        if rank is None and len(title.split()) <= 6 and sum(map(str.isalpha, title)) > 3:
            rank = rules.clinical_rank if is_leading else rules.part_rank
        if rank:
            yield Heading(start, rank, title)


def _capital_lines(lines: Sequence[_Line], rules: HeadingRules) -> Iterator[Heading]:
    """Lines in capitals that stand alone or two or three together; more are a paragraph in capitals."""
    run: list[_Line] = []
    for line in (*lines, _Line(-1, "", 0)):
        if _is_in_capitals(line.text, rules) and (run or not _goes_on_from(line.before)):
            run.append(line)
            continue
        if 0 < len(run) <= rules.capitals_lines:
            title = " ".join(" ".join(one.text for one in run).split())
            if len(title.split()) <= rules.capitals_words and len(title) <= LONGEST_TITLE:
                yield Heading(run[0].start, rules.capitals_rank, title.rstrip(":"))
        run = []


def _goes_on_from(before: str) -> bool:
    """Whether the line before is an unfinished one of a paragraph."""
    return len(before) > LONGEST_LINE_ABOVE and not before.isupper() and not _SENTENCE_END.search(before)


def _is_in_capitals(line: str, rules: HeadingRules) -> bool:
    letters = sum(map(str.isalpha, line))
    is_capital = line.isupper() and letters >= 4 and letters >= 0.6 * len(line.replace(" ", ""))
    is_row = "\t" in line or line.endswith((",", ";")) or ": " in line
    begins_well = line[:1].isalnum() or line[:1] == "["
    return is_capital and begins_well and not is_row and not rules.capitals_refused.search(line)


def _with_captions(headings: Sequence[Heading], text: str) -> list[Heading]:
    """The headings with a number alone on its line joined to the caption on the next ("ARTICLE 1", "DEFINITIONS")."""
    merged: list[Heading] = []
    for heading in headings:
        above = merged[-1] if merged else None
        if above is not None and _is_caption(above, heading, text):
            merged[-1] = Heading(above.start, above.rank, f"{above.title} {heading.title}")
        else:
            merged.append(heading)
    return merged


def _is_caption(above: Heading, heading: Heading, text: str) -> bool:
    is_alone = text[above.start : heading.start].strip(" \n.:") == above.title
    return is_alone and bool(_BARE_LABEL.fullmatch(above.title)) and heading.title.isupper()
