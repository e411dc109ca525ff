"""Where a contract says what it is, between whom and from when, cut to what a small writer reads.

Knows places that someone has found or marked; what the words there mean it does not know.
"""

import re
from collections.abc import Sequence

from domain_models.prompts import Prompt, own_prompt
from domain_models.sentences import Interval

_WORD = re.compile(r"\S+")
_WORD_START = re.compile(r"(?<!\S)\S")


def overview_prompt() -> Prompt:
    """How a writer is asked for a contract's overview, and how much it reads for it."""
    return own_prompt(__file__, "overview")


def overview_asked(text: str, passage: Sequence[Interval]) -> str:
    """What a writer is asked about the passage."""
    return overview_prompt().template.render(passage=read_words(text, passage)).strip()


def introduction(text: str, titles: Sequence[Interval], named: Sequence[Interval]) -> tuple[Interval, ...]:
    """The stretch that holds most of the parties and dates, and before it a title that stands apart from it.

    Of stretches that hold as many the first; none where nothing is named.
    """
    if not named:
        return ()
    stretches = (_stretch(text, start, named) for start, _ in sorted(named))
    start, end = max(stretches, key=lambda one: _held(text, one, named))
    if any(start <= title[0] and title[1] <= end for title in titles):
        return ((start, end),)
    apart = [title for title in titles if title[1] <= start]
    return (*apart[-1:], (start, end))


def reach(text: str, start: int, most: int) -> int:
    """Where the last whole word ends that `most` characters hold from `start` on, white space read as single spaces."""
    used, end = -1, start
    for word in _WORD.finditer(text, start):
        used += 1 + len(word[0])
        if used > most:
            break
        end = word.end()
    return end


def read_words(text: str, pieces: Sequence[Interval]) -> str:
    """The words of the pieces as they are put to a writer: each on a line of its own, white space as single spaces."""
    return "\n".join(" ".join(text[start:end].split()) for start, end in pieces)


def _stretch(text: str, first: int, named: Sequence[Interval]) -> Interval:
    """From a little before `first` to a little behind the last of the named places that can be read together with it."""
    table = overview_prompt().table
    before = _WORD_START.search(text, max(0, first - table["before"]), first + 1)
    start = before.start() if before else first
    end = reach(text, start, table["characters"])
    last = max((stop for begin, stop in named if start <= begin and stop <= end), default=end)
    return start, min(end, reach(text, last, table["behind"]))


def _held(text: str, stretch: Interval, named: Sequence[Interval]) -> int:
    """How many different words of the named places stand in the stretch."""
    return len({text[a:b].lower() for a, b in named if stretch[0] <= a and b <= stretch[1]})
