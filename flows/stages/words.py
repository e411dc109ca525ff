"""The words of a text as a search counts them: in lower case, without accents and endings. Knows no database."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import snowballstemmer

WORDS_VERSION = f"english-1+snowball-{version('snowballstemmer')}"
"""Names the rules below in stored rows: change its first part with them. The stemmer's release is part of them."""

WORD = re.compile(r"[^\W_]+")
FUNCTION_WORDS = frozenset(tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))["function_words"])
"""Words that say nothing of what a page is about. Not "may", "will" or "no", which in a contract do."""

STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Word:
    """A word's stem and the half-open characters of the text that it stands on."""

    stem: str
    char_start: int
    char_end: int


def words_of(text: str) -> Iterator[Word]:
    """The words of a text in reading order."""
    return (Word(stem(match[0]), *match.span()) for match in WORD.finditer(text))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word as it is counted: `Renewals` is renew, `Müller` is muller."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    stemmed: str = STEMMER.stemWord("".join(letter for letter in plain if not unicodedata.combining(letter)))
    return stemmed


def asked_stems(question: str) -> frozenset[str]:
    """What to look for: the stems of the question's telling words."""
    return frozenset(word.stem for word in telling_words(question))


def telling_words(question: str) -> list[Word]:
    """The question's words without function words, where it has others; else all of them."""
    words = list(words_of(question))
    telling = [word for word in words if question[word.char_start : word.char_end].casefold() not in FUNCTION_WORDS]
    return telling or words
