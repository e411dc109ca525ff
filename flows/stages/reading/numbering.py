"""Clause numbers that count: whether one goes on from another, and what kind a parenthesised label is.

Knows labels only, not where they stand.
"""

import re

_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROMAN = re.compile(r"(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")

SKIPPED = 2
"""Numbers that may be missing between two headings: an omitted clause, or one that was not recognised."""

ENUMERATOR_RANKS = {"lower": 0, "roman": 1, "upper": 2, "digit": 3}
"""How deep a parenthesised label usually lies: (a), (i), (A), (1)."""


def roman_value(label: str) -> int | None:
    """The value of a Roman numeral up to 99 in either case; None where it is none."""
    lower = label.lower()
    if not lower or not _ROMAN.fullmatch(lower):
        return None
    values = [_ROMAN_VALUES[letter] for letter in lower]
    # a smaller value before a larger one is taken off: ix is 9
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def letter_value(label: str) -> int | None:
    """1 for `a`, 26 for `z`, 27 for `aa`; None where the label is no such run of one letter."""
    lower = label.lower()
    if not lower.isascii() or not lower.isalpha() or len(set(lower)) != 1:
        return None
    return (len(lower) - 1) * 26 + ord(lower[0]) - ord("a") + 1


def goes_on(value: int, last: int | None) -> bool:
    """Whether a heading numbered `value` may follow one numbered `last`; every count may begin anew at 1."""
    return value == 1 or (last is not None and last < value <= last + 1 + SKIPPED)


def dotted_goes_on(number: str, last: str | None) -> bool:
    """Whether `12.3` may follow `last`: the next one along, a first one below it, or the next one of a parent."""
    parts = [int(part) for part in number.split(".")]
    if parts[-1] <= 1 or last is None:
        return parts[-1] <= 1 + SKIPPED
    before = [int(part) for part in last.split(".")]
    shared = min(len(parts), len(before))
    differs = next((at for at in range(shared) if parts[at] != before[at]), None)
    if differs is None:
        return len(parts) > len(before) and parts[-1] <= 1 + SKIPPED
    rest_begins = all(part <= 1 for part in parts[differs + 1 :])
    return rest_begins and 0 < parts[differs] - before[differs] <= 1 + SKIPPED


def enumerator(label: str, last: dict[str, int]) -> tuple[str, int] | None:
    """A parenthesised label's kind and value, where it goes on from the `last` value of that kind.

    `(i)` is the letter after `(h)`, else the Roman one.
    """
    for kind, value in _readings(label):
        if value is not None and goes_on(value, last.get(kind)):
            return kind, value
    return None


def _readings(label: str) -> list[tuple[str, int | None]]:
    if label.isdigit():
        return [("digit", int(label))]
    letter = letter_value(label)
    if label.isupper():
        return [("upper", letter)]
    # the letter first: it must go on from the letter before, so that a stray (i) is left to the Roman count
    return [("lower", letter), ("roman", roman_value(label))]
