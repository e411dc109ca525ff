"""The part of a page that shows best why it was found, with the asked words marked. Pure text, no database."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from flows.stages.words import Word, words_of

WIDTH = 240  # characters: three lines of a terminal
OPEN, CLOSE = "«", "»"
"""Marks that contracts and notes seldom use themselves, unlike brackets and asterisks (blanks, redactions)."""


def snippet(text: str, part: tuple[int, int], stems: AbstractSet[str]) -> str:
    """About `WIDTH` characters of the text, whole words, where most of the asked words stand close together.

    Looks within `part`, and in the whole text where the part has none of them. Without any, the beginning of the part.
    """
    words = list(words_of(text))
    inside = [word for word in words if part[0] <= word.char_start and word.char_end <= part[1]]
    asked = [word for word in inside if word.stem in stems] or [word for word in words if word.stem in stems]
    start, end = _window(asked, part, len(text))
    shown = [word for word in words if start <= word.char_start and word.char_end <= end]
    if not shown:
        return ""
    start, end = shown[0].char_start, max(shown[-1].char_end, min(end, shown[-1].char_end + 1))
    marked = _marked(text, (start, end), [word for word in shown if word.stem in stems])
    return ("… " if start > words[0].char_start else "") + marked + (" …" if end < words[-1].char_end else "")


def _window(asked: Sequence[Word], part: tuple[int, int], length: int) -> tuple[int, int]:
    """The stretch with the most different asked words, the most of them in all, the first of such."""
    if not asked:
        return part[0], min(part[1], part[0] + WIDTH)

    def worth(first: Word) -> tuple[int, int]:
        near = [word.stem for word in asked if first.char_start <= word.char_start < first.char_start + WIDTH]
        return len(set(near)), len(near)

    best = max(asked, key=worth)
    last = max(word.char_end for word in asked if best.char_start <= word.char_start < best.char_start + WIDTH)
    margin = max(0, WIDTH - (last - best.char_start)) // 2
    return max(0, best.char_start - margin), min(length, last + margin)


def _marked(text: str, part: tuple[int, int], words: Sequence[Word]) -> str:
    pieces, place = [], part[0]
    for word in words:
        pieces += [text[place : word.char_start], OPEN, text[word.char_start : word.char_end], CLOSE]
        place = word.char_end
    return " ".join("".join([*pieces, text[place : part[1]]]).split())
