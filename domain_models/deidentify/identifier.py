"""What is found: a stretch of a text that identifies somebody, and of which kind."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["name", "address", "date", "age", "phone", "email", "url", "ip", "id"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Identifier:
    """`[char_start, char_end)` of the text identifies somebody."""

    kind: Kind
    char_start: int
    char_end: int

    def overlaps(self, other: "Identifier") -> bool:
        """Whether the two share a character."""
        return self.char_start < other.char_end and other.char_start < self.char_end
