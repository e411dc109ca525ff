"""The cues of `assertion.toml`, compiled for one kind of thing: a problem, a medication or a procedure.

Knows how phrases are written there, not what they say of a mention.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import regex

Kind = Literal["problem", "medication", "procedure"]
Tables = Mapping[str, Any]

_NAMED = regex.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Phrase:
    """What one phrase does: its (class, reach) pairs, and which cues it cuts ("all", "both", "forward"); None for none."""

    cues: tuple[tuple[str, str], ...] = ()
    cuts: str | None = None


@dataclass(frozen=True)
class Spoken:
    """A phrase at its place in a text."""

    start: int
    end: int
    phrase: Phrase


@dataclass(frozen=True)
class Clause:
    """A new clause inside a statement: the verb behind a mention that begins it, what is said whole before one, and the
    classes that it cuts.
    """

    verb: "regex.Pattern[str]"
    whole: "regex.Pattern[str]"
    cuts: frozenset[str]


@dataclass(frozen=True)
class Lexicon:
    """The cues of one kind. `uncut`: classes that only a new subject cuts; `sections`: the classes of a title."""

    kind: Kind
    order: tuple[str, ...]
    means: Mapping[str, str]
    phrases: "regex.Pattern[str]"
    literal: Mapping[str, Phrase]
    templates: tuple[tuple["regex.Pattern[str]", Phrase], ...]
    uncut: frozenset[str]
    clause: Clause
    sections: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=8192)
def phrase_of(kind: Kind, words: str) -> Phrase:
    """What matched words do, by every entry that they are; `words` in lower case, single spaces between them."""
    lexicon = load_lexicon(kind)
    found = [phrase for pattern, phrase in lexicon.templates if pattern.fullmatch(words)]
    found += [lexicon.literal[words]] if words in lexicon.literal else []
    cuts = [phrase.cuts for phrase in found if phrase.cuts]
    return Phrase(tuple(dict.fromkeys(cue for phrase in found for cue in phrase.cues)), cuts[0] if cuts else None)


@cache
def load_tables() -> Tables:
    """The tables of `assertion.toml` as they stand."""
    return tomllib.loads((Path(__file__).parent / "assertion.toml").read_text(encoding="utf-8"))


@cache
def load_lexicon(kind: Kind) -> Lexicon:
    """The lexicon of a kind of thing."""
    tables = load_tables()
    phrases = _phrases(tables, kind)
    longest_first = sorted(phrases, key=lambda phrase: ("<" not in phrase, -len(phrase)))
    sources = {phrase: _source(phrase, tables["words"]) for phrase in longest_first}
    clause = tables["clause"]
    return Lexicon(
        kind,
        tuple(tables["order"][kind]),
        tables["means"],
        _any_of(sources),
        {phrase: phrases[phrase] for phrase in longest_first if "<" not in phrase},
        tuple((regex.compile(sources[phrase]), phrases[phrase]) for phrase in longest_first if "<" in phrase),
        frozenset(tables["uncut"][kind]),
        Clause(
            regex.compile(rf"(?i)\s+(?!{clause['telling']}\b){clause['verbs']}\b"),
            regex.compile(rf"(?i)\s*{clause['whole']}\s*,"),
            frozenset(clause["cuts"]) - frozenset(clause["spares"][kind]),
        ),
        _sections(tables["section"], kind),
    )


def _phrases(tables: Tables, kind: Kind) -> Mapping[str, Phrase]:
    cues: dict[str, tuple[tuple[str, str], ...]] = {word: () for word, _ in _words(tables["pseudo"], kind)}
    for word, cue in _words(tables["cue"], kind):
        cues[word] = (*cues.get(word, ()), (cue["class"], cue["reach"]))
    cuts = {word: termination["cuts"] for word, termination in _words(tables["termination"], kind)}
    return {word: Phrase(cues.get(word, ()), cuts.get(word)) for word in {*cues, *cuts}}


def _words(entries: Iterable[Tables], kind: Kind) -> Iterator[tuple[str, Tables]]:
    yield from ((word, entry) for entry in entries if kind in entry["of"] for word in entry["words"])


def _source(phrase: str, words: Mapping[str, str]) -> str:
    """The phrase as an expression: any white space for a space, and what stands for each `<name>`."""
    pieces = regex.split(r"(<\w+>)", phrase)
    source = "".join(piece if _NAMED.fullmatch(piece) else _spaced(piece) for piece in pieces)
    while _NAMED.search(source):
        source = _NAMED.sub(lambda name: words[name[1]].replace(" ", r"\s+"), source)
    return source + (r"(?!\w)" if regex.search(r"[\w>]$", phrase) else "")


def sources_of(words: Iterable[str]) -> list[str]:
    """Each of the words as an expression, the longest first."""
    return [_spaced(word) for word in sorted(words, key=len, reverse=True)]


def _any_of(sources: Mapping[str, str]) -> "regex.Pattern[str]":
    """Any of the phrases, in their order; one that begins with a letter only where a word begins."""
    words = [source for phrase, source in sources.items() if _begins_word(phrase, source)]
    marks = [source for phrase, source in sources.items() if not _begins_word(phrase, source)]
    return regex.compile(r"(?i)\b(?<!-)(?:" + "|".join(words) + ")|" + "|".join(marks))


def _begins_word(phrase: str, source: str) -> bool:
    """No sign, and no `<name>` that looks by itself at what stands before it."""
    return regex.match(r"[\w<]", phrase) is not None and not source.startswith("(?<")


def _spaced(phrase: str) -> str:
    return regex.escape(phrase).replace(r"\ ", r"\s+")


def _sections(entries: Iterable[Tables], kind: Kind) -> Mapping[str, tuple[str, ...]]:
    sections: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        for title in entry["titles"] if kind in entry["of"] else ():
            sections[title] = (*sections.get(title, ()), entry["class"])
    return sections
