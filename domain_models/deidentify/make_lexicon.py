"""`python -m domain_models.deidentify.make_lexicon DATA`: makes the word lists that tell names from other words.

Needs the developer's packages Faker (MIT; given and family names by country), names (MIT; the names of the US census of
1990, public domain) and spacy-lookups-data (MIT; English words). DATA is the folder of open training sets that the
README names; only their train parts are read. What is written is single words, no sentence of any source.
"""

import gzip
import importlib
import importlib.util
import json
import pkgutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import regex

from domain_models import domains
from domain_models.deidentify.rules import country_names, state_names

FOLDER = Path(__file__).parent
SHORT_DRUG = 3  # letters; shorter names of drugs are abbreviations, and may be somebody's
WORD = regex.compile(r"\p{L}+(?:['’]\p{L}+)?")
SENTENCE_START = regex.compile(r"(?:^|[.!?:;\n\"“(\[,-])\s*$")
TEXTS = ("mtsamples", "maccrobat", "aci_notes", "cuad", "legal_summaries")
TOKENS = ("bc5cdr", "ncbi-disease")
MOST_FREQUENT = 5_000
"""Family names of the census, by frequency, that are names even where they are also words."""

SEEN_LOWER, SEEN_PROPER, SEEN_CAPITALS, SEEN_ALWAYS = 5, 4, 2, 40
"""In how many texts a word must stand to count as an ordinary one: in small letters where it is also a name, as a proper
noun, in capitals; and in small letters to be one even where it stands capitalised within a sentence ("Will", "Can").
"""


def _rows(path: Path) -> Iterator[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _texts(data: Path) -> Iterator[str]:
    for folder in (*TEXTS, *TOKENS):
        for path in sorted((data / folder).glob("*.jsonl.gz")):
            if path.name.startswith("dev"):
                continue
            for row in _rows(path):
                tokens = row.get("tokens")
                yield " ".join(map(str, tokens)) if isinstance(tokens, list) else str(row.get("text") or row["note"])


def _count(texts: Iterable[str]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """How many texts have each word in small letters, capitalised within a sentence, and in capitals."""
    lower, proper, capitals = Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        found = list(WORD.finditer(text))
        lower.update({m[0] for m in found if m[0].islower()})
        capitals.update({m[0].lower() for m in found if m[0].isupper()})
        inside = (
            m for m in found if m[0].istitle() and not SENTENCE_START.search(text, max(0, m.start() - 3), m.start())
        )
        proper.update({m[0].lower() for m in inside})
    return lower, proper, capitals


def _census() -> tuple[list[str], list[str]]:
    """Given and family names, the most frequent first."""
    folder = Path(str(importlib.import_module("names").__file__)).parent
    read = {
        part: [line.split()[0].lower() for line in (folder / f"dist.{part}").read_text().splitlines() if line.strip()]
        for part in ("male.first", "female.first", "all.last")
    }
    return read["male.first"] + read["female.first"], read["all.last"]


def _faker() -> tuple[set[str], set[str]]:
    """Given and family names of every country in Latin letters."""
    person = importlib.import_module("faker.providers.person")
    given, family = set[str](), set[str]()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            pool = getattr(provider, attribute)
            if isinstance(pool, (tuple, list, dict)) and "name" in attribute and "format" not in attribute:
                words = (w.lower() for entry in pool if isinstance(entry, str) for w in WORD.findall(entry))
                (family if "last" in attribute else given).update(w for w in words if len(w) > 1)
    return given, family


def _drugs(listed: str) -> Iterator[str]:
    """Words of the drug names that any domain knows: of its package (`package_names`) or its own (`own_names`)."""
    for name in domains():
        place = f"domain_models.{name}.ingredients"
        if importlib.util.find_spec(place):
            known = getattr(importlib.import_module(place), listed)()
            yield from (word.lower() for drug in known for word in WORD.findall(drug))


def _diseases() -> Iterator[str]:
    import simple_icd_10_cm as icd  # type: ignore[import-untyped]

    for code in icd.get_all_codes():
        yield from (word for word in WORD.findall(icd.get_description(code)) if word.islower())


def _english() -> Iterator[str]:
    folder = Path(str(importlib.import_module("spacy_lookups_data").__file__)).parent / "data"
    with gzip.open(folder / "en_lemma_lookup.json.gz", "rt", encoding="utf-8") as packed:
        for word, lemma in json.load(packed).items():
            yield from (w for w in (word, lemma) if w.isalpha() and w.islower())


def _places() -> Iterator[str]:
    """Countries, their states' names where the whole country uses them, and languages: HIPAA lets them stand."""
    import pycountry

    names = [*country_names(), *state_names()]
    names += [language.name for language in pycountry.languages if hasattr(language, "alpha_2")]
    yield from (word.lower() for name in names for word in WORD.findall(name))


def _write(name: str, words: Iterable[str]) -> None:
    content = "\n".join(sorted(set(words))) + "\n"
    (FOLDER / name).write_bytes(gzip.compress(content.encode(), mtime=0))
    print(f"{name}: {content.count(chr(10))} words")  # noqa: T201 (a program's report)


def main(data: Path) -> None:
    """Writes the five lists beside this module."""
    lower, proper, capitals = _count(_texts(data))
    (census_given, census_family), (given, family) = _census(), _faker()
    given |= set(census_given)
    family |= set(census_family)
    known = given | family
    words = {w for w in {*lower, *_english(), *_diseases()} if w not in known or lower[w] >= SEEN_LOWER}
    words |= {w for w, n in proper.items() if n >= SEEN_PROPER and w not in known}
    words |= {w for w, n in capitals.items() if n >= SEEN_CAPITALS and w not in known}
    words |= {w for w in _drugs("package_names") if w not in given} | set(_places())
    words |= {w for w in _drugs("own_names") if w not in known and len(w) > SHORT_DRUG}
    _write("words.txt.gz", words)
    _write("frequent_words.txt.gz", (w for w in known if lower[w] >= SEEN_ALWAYS))
    _write("frequent_names.txt.gz", given | set(census_family[:MOST_FREQUENT]))
    _write("given_names.txt.gz", given)
    _write("family_names.txt.gz", family)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
