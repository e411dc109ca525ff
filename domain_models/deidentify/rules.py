"""The cue words of `rules.toml` and the word lists, read once."""

import gzip
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import pycountry
import regex

FOLDER = Path(__file__).parent


@cache
def cues() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The lists of `rules.toml` by section and name."""
    return tomllib.loads((FOLDER / "rules.toml").read_text(encoding="utf-8"))


@cache
def word_list(name: str) -> frozenset[str]:
    """One of the lists that `make_lexicon` wrote, in lower case: `words`, `frequent_words`,
    `frequent_names`, `given_names`, `family_names`.
    """
    return frozenset(gzip.decompress((FOLDER / f"{name}.txt.gz").read_bytes()).decode().split())


@cache
def cue_set(section: str, name: str) -> frozenset[str]:
    """One list of `rules.toml` for look-up."""
    return frozenset(cues()[section][name])


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; white space in them stands for any."""
    longest = sorted(set(words), key=len, reverse=True)
    return "(?:" + "|".join(r"\s+".join(map(regex.escape, word.split())) for word in longest) + ")"


def counted() -> str:
    """A pattern for what a number counts or measures, by which it is no label's number: "mg", "weeks"."""
    return rf"(?i:{any_of(cues()['dates']['units'])})\b"


def country_names() -> list[str]:
    """Every country's name (ISO 3166-1)."""
    # the longer name of Czechia is still the usual one
    return ["Czech Republic", *(country.name for country in pycountry.countries)]


def state_names() -> list[str]:
    """The states of the US (ISO 3166-2)."""
    return [state.name for state in pycountry.subdivisions if state.country_code == "US"]


@cache
def lands() -> frozenset[str]:
    """The single words that name a country or a state of the US, which the safe harbour lets stand, in lower case."""
    return frozenset(name.lower() for name in [*country_names(), *state_names()] if name.isalpha())
