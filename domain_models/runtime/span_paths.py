"""The answers that a passage allows, as paths over its tokens: a run of whole words, then the end.

Knows token ids and places, no model. A path is followed token by token: while several places of the passage begin with
what has been followed so far, all of them stay open, as in a suffix automaton whose states are sets of places.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

OPENING_MARKS = frozenset("\"'“‘([{$£€¥#<>")
"""What an answer may begin with, beside letters and figures."""

FIGURE = re.compile(r"\d+(?:[.,]\d+)+")
"""A figure that has marks within."""


Spell = Callable[[Sequence[str]], Sequence[Sequence[int]]]
"""Words to the token ids of each as an answer begins with it."""


class Encoding(Protocol):
    """A text's token ids, the half-open characters of each, and the number of the word that each belongs to."""

    @property
    def ids(self) -> list[int]:
        """Token ids in order."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The characters of each."""

    @property
    def word_ids(self) -> list[int | None]:
        """The word of each."""


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """A passage as the model reads it: token ids and the half-open characters of the passage that each covers.

    `heads` has, for each token that an answer may begin with, the ids of its word as an answer begins with it (without
    the space before it) and the number of the first token after that word. `word_ends` are the numbers of tokens before
    which a word has ended, the number of all tokens included.
    """

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    heads: dict[int, tuple[tuple[int, ...], int]]
    word_ends: frozenset[int]

    def span(self, first: int, after: int) -> tuple[int, int]:
        """The characters of the tokens from `first` up to, not including, `after`."""
        return self.starts[first], self.ends[after - 1]


@dataclass(frozen=True, slots=True)
class Path:
    """An answer that is begun: it began at token `first`; `head` is what its first word still lacks, then `after` follows."""

    first: int
    head: tuple[int, ...]
    after: int

    def following(self, passage: PassageTokens) -> int | None:
        """The only token that may follow; None at the end of the passage."""
        if self.head:
            return self.head[0]
        return passage.ids[self.after] if self.after < len(passage.ids) else None

    def step(self) -> "Path":
        """The path one token on."""
        return Path(self.first, self.head[1:], self.after) if self.head else Path(self.first, (), self.after + 1)

    def may_end(self, passage: PassageTokens) -> bool:
        """Whether whole words have been followed."""
        return not self.head and self.after in passage.word_ends


def first_paths(passage: PassageTokens) -> list[Path]:
    """Every answer before its first token, in reading order."""
    return [Path(first, head, after) for first, (head, after) in passage.heads.items()]


def allowed(passage: PassageTokens, paths: Sequence[Path], begun: bool, end_id: int) -> set[int]:
    """The tokens that may come next; the end among them where an answer has begun and a word has ended."""
    tokens = {token for path in paths if (token := path.following(passage)) is not None}
    return tokens | {end_id} if begun and any(path.may_end(passage) for path in paths) else tokens


def follow(passage: PassageTokens, paths: Sequence[Path], token: int) -> list[Path]:
    """The paths that go on with the token, one token on."""
    return [path.step() for path in paths if path.following(passage) == token]


def passage_tokens(text: str, encoding: Encoding, spell: Spell, within: tuple[int, int]) -> PassageTokens:
    """The tokens of the half-open characters `within` of an encoded text, places counted from where they begin."""
    chosen = [i for i, (start, end) in enumerate(encoding.offsets) if within[0] <= start < end <= within[1]]
    places = [_trimmed(text, *encoding.offsets[i]) for i in chosen]
    words = [encoding.word_ids[i] for i in chosen]
    firsts = [n for n in range(len(words)) if n == 0 or words[n] != words[n - 1]]
    afters = [*firsts[1:], len(words)] if words else []
    openings = [
        (first, after, text[places[first][0] : places[after - 1][1]])
        for first, after in zip(firsts, afters, strict=True)
        if _may_open(text[places[first][0]]) and not _within_figure(text, places[first][0])
    ]
    spelled = spell([word for *_, word in openings])
    return PassageTokens(
        tuple(encoding.ids[i] for i in chosen),
        tuple(start - within[0] for start, _ in places),
        tuple(end - within[0] for _, end in places),
        {first: (tuple(ids), after) for (first, after, _), ids in zip(openings, spelled, strict=True)},
        frozenset(n for n in afters if n == len(words) or not _within_figure(text, places[n - 1][1])),
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without white space before it, which byte-level tokenizers count in; at least one character."""
    while start < end - 1 and text[start].isspace():
        start += 1
    return start, end


def _within_figure(text: str, at: int) -> bool:
    """Whether a figure runs across the place, as "1,200" does before and behind its comma."""
    return any(match.start() < at < match.end() for match in FIGURE.finditer(text, max(0, at - 20), at + 20))


def _may_open(letter: str) -> bool:
    return letter.isalnum() or letter in OPENING_MARKS
