"""Text that remembers where each of its characters came from, through every change that is made to it.

Knows characters only, neither what they mean nor where they stand on a page.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy
from numpy.typing import NDArray

Origins = NDArray[numpy.int32]
Edit = tuple[int, int, str]
"""Half-open place in the text and what stands there instead."""


Codes = NDArray[numpy.uint32]


def codes_of(text: str) -> Codes:
    """Each character's code point."""
    return numpy.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), numpy.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """`origins` has one entry a character: its index in the text that was read, -1 for one that was put in."""

    text: str
    origins: Origins

    @classmethod
    def of(cls, text: str) -> Self:
        """The text as it was read: every character is its own origin."""
        return cls(text, numpy.arange(len(text), dtype=numpy.int32))

    def translated(self, table: Mapping[int, str]) -> "Traced":
        """With each of these characters (code points) in the place of another; one for one."""
        return Traced(self.text.translate(table), self.origins)

    def swapped(self, character: str, other: str) -> "Traced":
        """With every one of this character in the place of another."""
        return Traced(self.text.replace(character, other), self.origins)

    def without(self, character: str) -> "Traced":
        """With every one of this character left out."""
        if character not in self.text:
            return self
        return Traced(self.text.replace(character, ""), self.origins[codes_of(self.text) != ord(character)])

    def kept(self, is_kept: NDArray[numpy.bool_]) -> "Traced":
        """With these characters only."""
        text = codes_of(self.text)[is_kept].tobytes().decode("utf-32-le", errors="surrogatepass")
        return Traced(text, self.origins[is_kept])

    def replaced(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> "Traced":
        """With `new` in the place of every match."""
        if isinstance(new, str):
            return self.edited((*match.span(), new) for match in pattern.finditer(self.text))
        return self.edited((*match.span(), new(match)) for match in pattern.finditer(self.text))

    def edited(self, edits: Iterable[Edit]) -> "Traced":
        """With these edits made; they are in order and do not overlap.

        Characters of a replacement come from those they replace: one from one where there are as many, else all from
        the first.
        """
        texts: list[str] = []
        origins: list[Origins] = []
        done = 0
        for start, end, new in edits:
            texts += self.text[done:start], new
            origins.append(self.origins[done:start])
            if new:
                origins.append(self._origins_of(start, end, len(new)))
            done = end
        if not texts:
            return self
        origins.append(self.origins[done:])
        return Traced("".join((*texts, self.text[done:])), numpy.concatenate(origins))

    def stripped(self) -> "Traced":
        """Without white space at either end."""
        start = len(self.text) - len(self.text.lstrip())
        end = max(start, len(self.text.rstrip()))
        return Traced(self.text[start:end], self.origins[start:end])

    def _origins_of(self, start: int, end: int, count: int) -> Origins:
        if count == end - start:
            return self.origins[start:end]
        return numpy.full(count, self.origins[start] if end > start else -1, numpy.int32)
