"""A problem's words to its ICD-10-CM code, or to none.

The codes and their names come with the package simple-icd-10-cm (MIT): its table alone is read, at the first problem,
since importing the package builds a tree that takes several times as long.

Names and phrases are compared as bags of words, each weighed by how few categories name it. Words that say nothing
of which problem it is (unspecified, other, left, severe) weigh little, so that a plain phrase gets the unspecified code.
Given is the most specific code that the words bear: a leaf where there is an unspecified one, else a subcategory or
category. Injuries get no seventh character, and external causes and reasons for contact (V to Z) are never given.

It knows the words of the problem alone: a side, a stage or a pregnancy stated elsewhere does not narrow the code.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import regex

from schemas import finding
from schemas.errors import ModelUnavailable

if TYPE_CHECKING:
    import numpy as np

CODE_SYSTEM = "ICD-10-CM"
PACKAGE = "simple-icd-10-cm"
# Set on two thirds of the phrases in tests/medical_icd10.toml: 126, all 125 coded ones right, 1 left open. The last third, 63
# phrases whose misses no setting looked at: all 58 coded ones right, 5 left open. None of 26 that name no problem was
# coded. The author of the phrases also wrote the synonyms, and many phrases stand among them: in use, expect less.
LEAST_SCORE = 0.85
LEAST_MARGIN = 0.03
LEAST_LISTED = 0.4  # argued: below it a name shares little more than a word with the phrase

_NEVER_GIVEN = frozenset("VWXYZ")
_STATED_ONLY = frozenset("OP")  # of pregnancy and of the newborn: behind the rest unless the phrase says so
_STATED_WORDS = frozenset({"secondary", "congenital", "pregnancy", "newborn", "puerperium"})  # the same
_UNSTATED = 0.9
_EXCEPTED = 0.95  # a name that excepts something stands behind the plain one

_WORD = regex.compile(r"\p{L}+(?:'s)?|\d+\p{L}?")
_ASIDE = regex.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_EXCEPTION = regex.compile(r"(?i),?\s*\b(?:without|not)\b(?:(?!\s(?:with|in)\b)[^,])*")
_OPEN = regex.compile(r"(?i)\bunspecified (?!complication)\p{L}+(?: extremity)?")
_OTHER = regex.compile(r"(?i)\bother\b(?! and unspecified)")
_NUMERAL = regex.compile(r"\b(?<=(?:type|stage|grade|class) )(iii|ii|iv|i|v)(?=[ab]?\b)")
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_OPPOSED = regex.compile(
    r"(?i)\b(?:no|not|without|denies|normal(?:ly)?|negative|unremarkable|absen(?:t|ce)|intact|free of|history of|stable)\b"
)
_OBSERVED = regex.compile(r"(?i)\s*(?:the )?(?:blood pressures?|(?:heart|cardiac|bowel|breath|lung) sounds?)\s*")
_LITTLE = {"silent": 0.01, "other": 0.05, "slight": 0.12, "course": 0.3}
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", ""))


class Candidate(finding.Candidate):
    """A code with its title, and how well its name covers the words and they it, from 0 to 1."""

    @property
    def category(self) -> str:
        """The three-character category."""
        return self.code[:3]


def candidates(words: str, limit: int = 5) -> tuple[Candidate, ...]:
    """The codes whose names are nearest to `words`, best first, one per category; empty where none shares a word."""
    return _candidates(" ".join(words.lower().split()))[:limit]


def near(words: str) -> tuple[Candidate, ...]:
    """The candidates that are worth showing beside the words, whether or not one of them is sure."""
    return tuple(candidate for candidate in candidates(words) if candidate.score >= LEAST_LISTED)


def code_of(words: str) -> Candidate | None:
    """The code that `words` bear; None where no name is near enough, or another category's is nearly as near."""
    if _OPPOSED.search(words) or _OBSERVED.fullmatch(words):
        return None
    best = candidates(words, 2)
    if not best or best[0].score < LEAST_SCORE:
        return None
    return None if len(best) > 1 and best[0].score - best[1].score < LEAST_MARGIN else best[0]


@lru_cache(maxsize=4096)
def _candidates(phrase: str) -> tuple[Candidate, ...]:
    asked = frozenset(_needed(_in_its_words(phrase)))
    if not any(word not in _weighing_little() and not word[0].isdigit() for word in asked):
        return ()
    index = _index()
    scores = index.scores(asked)
    best: dict[str, Candidate] = {}
    for at in (-scores).argsort(kind="stable")[:60]:
        entry, score = index.entries[index.owners[at]], float(scores[at])
        if score > 0 and entry.code[:3] not in best:
            leaf = _settled(entry, asked)
            best[entry.code[:3]] = Candidate(leaf.code, leaf.title, round(score, 4))
    return tuple(best.values())


@dataclass(frozen=True, slots=True)
class _Entry:
    """One code of the classification: its title, the other names it lists, and the codes below it."""

    code: str
    title: str
    names: tuple[str, ...]
    below: tuple["_Entry", ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """Every name by the words in it. An aside of a name helps where the phrase says it and costs nothing where not."""

    entries: Sequence[_Entry]
    owners: Sequence[int]
    weights: Mapping[str, float]
    needed: Mapping[str, "np.ndarray"]
    aside: Mapping[str, "np.ndarray"]
    totals: "np.ndarray"
    factors: "np.ndarray"
    stated: "np.ndarray"

    def scores(self, asked: frozenset[str]) -> "np.ndarray":
        """For each name, the geometric mean of the share of the phrase it says and of the share of it the phrase says."""
        import numpy as np

        weighed = {word: self.weights.get(word, 1.0) for word in sorted(asked)}  # sums must not depend on a set's order
        needed, said = np.zeros(len(self.totals)), np.zeros(len(self.totals))
        for word, weight in weighed.items():
            if word in self.needed:
                needed[self.needed[word]] += weight
            if word in self.aside:
                said[self.aside[word]] += weight
        phrase_share = (needed + said) / sum(weighed.values())
        scores: np.ndarray = np.sqrt(phrase_share * needed / self.totals) * self._factors(asked)
        return scores.round(6)  # names that are equally near are a tie, whatever their sums round to

    def _factors(self, asked: frozenset[str]) -> "np.ndarray":
        return self.factors if asked & _STATED_WORDS else self.factors * self.stated


def _settled(entry: _Entry, asked: frozenset[str]) -> _Entry:
    """The unspecified code below `entry`, whose title adds nothing to it or to the phrase; itself where none is."""
    said = asked | set(_tokens(entry.title)) | _silent()
    kept = set(_needed(entry.title)) - set(_weighing_little())
    plain = [
        child
        for child in entry.below
        if set(_needed(_OPEN.sub(" ", child.title))) <= said
        and kept <= set(_tokens(child.title))
        and not _OTHER.search(child.title)
    ]
    unspecified = [child for child in plain if "unspecified" in child.title.lower()]
    return _settled((unspecified or plain)[-1], asked) if plain else entry


@cache
def _index() -> _Index:
    import numpy as np

    entries = [entry for chapter in _classification() for entry in _and_below(chapter)]
    owners = [at for at, entry in enumerate(entries) for _ in entry.names]
    names = [name for entry in entries for name in entry.names]
    needed = [frozenset(_needed(name)) for name in names]
    aside = [frozenset(_tokens(_EXCEPTION.sub(" ", name))) - held for name, held in zip(names, needed, strict=True)]
    weights = _weights([(entries[owner].code[:3], held) for owner, held in zip(owners, needed, strict=True)])
    totals = [sum(weights[word] for word in sorted(held)) or 1.0 for held in needed]
    factors = [_EXCEPTED if _EXCEPTION.search(name) else 1.0 for name in names]
    stated = [
        _UNSTATED if entries[owner].code[0] in _STATED_ONLY or held & _STATED_WORDS else 1.0
        for owner, held in zip(owners, needed, strict=True)
    ]
    return _Index(
        entries, owners, weights, _postings(needed), _postings(aside),
        np.array(totals), np.array(factors), np.array(stated),
    )  # fmt: skip


def _weights(named: Sequence[tuple[str, frozenset[str]]]) -> dict[str, float]:
    """A word's weight, 1 where one category alone names it, down to that of words that say nothing."""
    import numpy as np

    where: dict[str, set[str]] = {}
    for category, words in named:
        for word in words:
            where.setdefault(word, set()).add(category)
    most = np.log1p(2000)
    rare = {word: float(max(0.2, 1 - np.log(len(found)) / most)) for word, found in where.items()}
    return rare | _weighing_little()


def _postings(named: Sequence[frozenset[str]]) -> dict[str, "np.ndarray"]:
    import numpy as np

    held: dict[str, list[int]] = {}
    for at, words in enumerate(named):
        for word in words:
            held.setdefault(word, []).append(at)
    return {word: np.array(places) for word, places in held.items()}


def _needed(name: str) -> list[str]:
    """The words of a name without its asides: what stands in brackets, or after "without" or "not"."""
    return _tokens(_ASIDE.sub(" ", _EXCEPTION.sub(" ", name))) or _tokens(name)


def _tokens(words: str) -> list[str]:
    same = _synonyms()["words"]
    lowered = _NUMERAL.sub(lambda found: _NUMERALS[found[1]], words.lower().replace("’", "'"))
    stems = [_stem(word) for word in _WORD.findall(lowered)]
    return [part for stem in stems for part in same.get(stem, stem).split()]


@cache
def _stem(word: str) -> str:
    """The singular, in American spelling; no word."""
    word = word.removesuffix("'s")
    if len(word) > 4:
        word = regex.sub(r"ae|oe(?=[dsm])|(?<=h)oe", "e", word).replace("tumour", "tumor")
        if not word.endswith(("ss", "us", "is")):
            word = next((word.removesuffix(end) + instead for end, instead in _ENDINGS if word.endswith(end)), word)
    return word


def _in_its_words(phrase: str) -> str:
    """The phrase with our synonyms replaced by the classification's words, the longest first."""
    folded = " ".join(_stem(word) for word in _WORD.findall(_NUMERAL.sub(lambda found: _NUMERALS[found[1]], phrase)))
    tables = _synonyms()
    bare = " ".join(word for word in folded.split() if word not in _tables()["little"]["slight"])
    if folded in tables["whole"] or bare in tables["whole"]:
        return tables["whole"].get(folded) or tables["whole"][bare]
    words, at, read = folded.split(), 0, []
    while at < len(words):
        length = next((n for n in range(5, 0, -1) if " ".join(words[at : at + n]) in tables["phrases"]), 0)
        read.append(tables["phrases"][" ".join(words[at : at + length])] if length else words[at])
        at += length or 1
    return " ".join(read)


@cache
def _weighing_little() -> dict[str, float]:
    """The weights of words that occur in phrases and names of any problem."""
    lists = _tables()["little"]
    return {word: _LITTLE[name] for name in _LITTLE for word in lists[name]}


@cache
def _silent() -> frozenset[str]:
    return frozenset((*_tables()["little"]["silent"], *_tables()["little"]["other"]))


@cache
def _synonyms() -> Mapping[str, Mapping[str, str]]:
    tables = _tables()
    return {
        "words": {_stem(left): _folded(right) for left, right in tables["words"].items()},
        **{name: {_folded(left): right for left, right in tables[name].items()} for name in ("whole", "phrases")},
    }


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("icd10_synonyms.toml").read_text(encoding="utf-8"))


def _folded(words: str) -> str:
    return " ".join(_stem(word) for word in _WORD.findall(words))


def _and_below(entry: _Entry) -> Iterator[_Entry]:
    yield entry
    for child in entry.below:
        yield from _and_below(child)


@cache
def _classification() -> tuple[_Entry, ...]:
    """The three-character categories, with all below them but seventh characters, which the table does not spell out."""
    named = [path for path in files(PACKAGE) or () if path.name.startswith("icd10c-tabular-") and path.suffix == ".xml"]
    if not named:
        raise ModelUnavailable(f"{PACKAGE} is installed without its table; install Muniment again")
    root = ElementTree.parse(str(named[0].locate())).getroot()  # noqa: S314 - a file of an installed package
    read = (_entry(node) for section in root.iter("section") for node in section.findall("diag"))
    return tuple(entry for entry in read if entry.code[0] not in _NEVER_GIVEN)


def _entry(node: ElementTree.Element) -> _Entry:
    code, title = (node.findtext("name") or "").strip(), (node.findtext("desc") or "").strip()
    listed = [note.text for kind in ("inclusionTerm", "includes") for note in node.findall(f"{kind}/note") if note.text]
    return _Entry(code, title, (title, *listed), tuple(_entry(child) for child in node.findall("diag")))
