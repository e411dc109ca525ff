"""Where a line of a list without bullets begins an item of its own, and where it goes on with the line above.

Knows which lines name a drug or a problem by themselves: "metformin 500 mg BID" beneath "lisinopril 10 mg daily" is a second
drug, "neuropathy" beneath "diabetes with peripheral" is the rest of the first problem. What it cannot tell it leaves open.
"""

import regex

from domain_models.medical.cells import DATE
from domain_models.medical.icd10 import code_of
from domain_models.medical.ingredients import is_drug

FULL = 0.8  # of the longest line: one that left no room for the next word was wrapped
_WIDE = 45  # characters; in narrower lists nothing is wrapped
_COMPLETE = regex.compile(rf"(?:[)\].;]|{DATE}|\b(?:active|stopped|resolved|completed|ongoing|present|prn))\s*$")
_GOES_ON = regex.compile(
    r"(?i)(?:[,/&+(-]|\b(?:and|or|with|without|of|to|from|by|for|in|on|the|an?|take|no|not|status|history|his|her|s/p|acute|severe|mild|moderate"
    r"|major|minor|left|right|upper|lower|type|stage|grade|\p{L}+(?:ic|al|ive|ar|ous|ary)))\s*$"
)
_HOW_GIVEN = regex.compile(
    r"(?i)[\s,:(-]*(?:$|\d|(?:p\.?o|prn|qd|bid|tid|qid|qhs|qam|qpm|q\d+h|daily|nightly|weekly|once|twice|as\s+needed|at\s+bedtime|every|by\s+mouth|tablets?|tabs?"
    r"|capsules?|caps?|inhaler|cream|ointment|patch|gel|drops|nebs?|taper|drip|injections?|sliding\s+scale|oral|iv|im|sc|sq|xr|xl|er|sr|hfa)\b)"
)
_NAMED = frozenset({"medication", "problem"})
_MOST_WORDS = 4  # in a drug's name


def is_new_line(kind: str, above: str, line: str, width: int) -> bool:
    """Whether a line of a list whose longest is `width` characters begins an item: a line that had room, or ended, was not wrapped."""
    if not line[0].isalnum():
        return False
    has_room = len(above) + 1 + len(line.split()[0]) <= FULL * max(width, _WIDE)
    return has_room or _COMPLETE.search(above) is not None or begins_item(kind, above, line)


def begins_item(kind: str, above: str, line: str) -> bool:
    """Whether `line` names a drug or a problem of its own, and the line above is not cut off before it."""
    above, line = above.strip(), line.strip()
    if kind not in _NAMED or not above or not line or _GOES_ON.search(above):
        return False
    before = [" ".join(above.split()[-count:]) for count in (1, 2)]
    if kind == "medication":
        names = _drugs(line)
        return bool(names) and not any(is_drug(f"{last} {name}") for last in before for name in names)
    known = code_of(line)
    longer = (code_of(f"{last} {line}") for last in before)
    return known is not None and all(one is None or one.code == known.code for one in longer)


def item_begins_at(kind: str, text: str, at: int) -> bool:
    """Whether the line that begins at `at` is an item beneath another."""
    above, below = text[: max(0, at - 1)], text[at:]
    return begins_item(
        kind, above[max(above.rfind("\n"), above.rfind("\f")) + 1 :], regex.split(r"[\n\f]", below, maxsplit=1)[0]
    )


def _drugs(line: str) -> list[str]:
    """The names of drugs that a line begins with, where what stands behind them says how they are given or nothing does."""
    words = [word.end() for word in regex.finditer(r"[\p{L}\d/-]+", line)][:_MOST_WORDS]
    return [line[:end] for end in words if is_drug(line[:end]) and _HOW_GIVEN.match(line, end)]
