"""A drug's name to its ingredient's: brands, salts and spellings to one international name, or nothing.

The names come with the package drug-named-entity-recognition (MIT): its table alone is read, since importing it would
write into the user's home and fetch from the network. The table is a pickle and is read as plain data: one that names
any function or class is refused. What it lacks or has wrong stands in `ingredients.toml`, which comes first.
"""

import bz2
import pickle
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import files
from pathlib import Path

import regex

from schemas.errors import ModelUnavailable

PACKAGE = "drug-named-entity-recognition"
TABLE = "drug_ner_dictionary.pkl.bz2"

_FORM = regex.compile(
    r"(?i)[\s,]+(?:\(?(?:oral|inhaled|nasal|topical|ophthalmic|eye|iv|intravenous|extended[- ]release|delayed[- ]release"
    r"|er|xr|xl|sr|dr|cr|ir|tablets?|tabs?|capsules?|caps?|inhalers?|patch(?:es)?|drops?|elixir|extra[- ]strength|hfa|diskus|respimat|ellipta|handihaler|flexpen|kwikpen|solostar|odt|cream|ointment|gel|spray"
    r"|solution|suspension|syrup|injections?|infusions?|pen|nebuli[sz]ers?|suppository|powder|therapy"
    r"|hydrochloride|hcl|succinate|tartrate|besylate|sodium|potassium|calcium|maleate|mesylate|fumarate|phosphate"
    r"|sulfate|sulphate|acetate|citrate)\)?)$"
)
_JOINED = regex.compile(r"\s*(?:[-/+]|\band\b|\bwith\b)\s*")
_LISTED = regex.compile(r"\s*(?:/|,\s+and\b|,|\band\b)\s*")  # between the ingredients of a canonical name
_ORIGIN = regex.compile(r"\s*\((?:rdna origin|medical use)\)$")


def ingredient(words: str) -> str | None:
    """The ingredient's name in lower case, those of a combination in order joined by ` / `; None where it is unknown.

    A name that may mean more than one drug gives None, as does that of a class, and anything that is no drug at all.
    """
    return " / ".join(sorted(_ingredients(_plain(words)))) or None


def is_drug(words: str) -> bool:
    """Whether `words` name a drug, if only one whose ingredient they leave open ("insulin", "antibiotics")."""
    name = _plain(words)
    return name in _own().several or _known(name) is not None or bool(_ingredients(name))


def _plain(words: str) -> str:
    return " ".join(words.lower().replace("®", "").split()).strip(" .,;:")


def _ingredients(name: str, within: frozenset[str] = frozenset()) -> frozenset[str]:
    """Every ingredient of what is so named; none where one of them is unknown. A part that the table sends back to one of
    the combinations that it is read `within` stands for itself.
    """
    own = _own()
    if name in own.unsaid or not name:
        return frozenset()
    listed = own.names.get(name) or own.names.get(_FORM.sub("", name))
    if listed:
        return frozenset(listed.split(" / "))
    known = _known(name)
    if known in within:
        return frozenset() if name.split()[-1] in own.classes else frozenset({name})
    parts = _LISTED.split(known) if known else _JOINED.split(name)
    if len(parts) > 1:
        return _together(parts, known, within)
    return _single(_ORIGIN.sub("", known)) if known else frozenset()


def _together(parts: Sequence[str], known: str | None, within: frozenset[str]) -> frozenset[str]:
    """The ingredients of all parts; where one is unknown the combination as the table has it, if it is no class."""
    each = [_ingredients(part, within | {known} if known else within) for part in parts]
    if all(each):
        return frozenset().union(*each)
    is_class = any(part.split()[-1] in _own().classes for part in parts if part.strip())
    return frozenset({known}) if known and not is_class else frozenset()


def _single(canonical: str) -> frozenset[str]:
    """The ingredient of a canonical name: nothing where it names a class, its drug alone where it names a form too."""
    own = _own()
    bare = _known(canonical) or canonical
    name = own.same.get(bare, bare)
    return frozenset() if name.split()[-1] in own.classes or name in own.unsaid else frozenset({name})


def _known(name: str) -> str | None:
    """The one canonical name of `name`, as it stands or without the words of its form or salt."""
    while name:
        canonical = package_names().get(name, ())
        shorter = _FORM.sub("", name)
        if len(canonical) == 1:
            return _known(shorter) if canonical[0] == name != shorter and shorter in package_names() else canonical[0]
        if canonical or shorter == name:
            return None
        name = shorter
    return None


@dataclass(frozen=True, slots=True)
class _Own:
    """What `ingredients.toml` says: ingredients by name, one name for several, and names that say no ingredient."""

    names: Mapping[str, str]
    same: Mapping[str, str]
    classes: frozenset[str]
    ambiguous: frozenset[str]
    several: frozenset[str]

    @property
    def unsaid(self) -> frozenset[str]:
        """The names of which no ingredient is given."""
        return self.ambiguous | self.several


@cache
def _own() -> _Own:
    tables = tomllib.loads(Path(__file__).with_name("ingredients.toml").read_text(encoding="utf-8"))
    single = {name: name for listed in tables["names"] for name in listed.split(" / ")}
    names = {name: listed for listed, said in tables["names"].items() for name in said}
    return _Own(
        single | names,
        tables["same"],
        frozenset(tables["classes"]),
        frozenset(tables["ambiguous"]),
        frozenset(tables["several"]),
    )


def own_names() -> frozenset[str]:
    """The names of drugs that `ingredients.toml` adds, brands among them, in lower case."""
    return frozenset((*_own().names, *_own().several))


class _PlainData(pickle.Unpickler):
    """Reads containers, text and numbers; anything that would be called is refused."""

    def find_class(self, module: str, name: str) -> object:
        """Never; only code needs a name looked up."""
        raise pickle.UnpicklingError(f"the drug table names {module}.{name}")


@cache
def package_names() -> Mapping[str, tuple[str, ...]]:
    """The canonical names that the package's table has for each name, all in lower case."""
    table = next((path for path in files(PACKAGE) or () if path.name == TABLE), None)
    if table is None:
        raise ModelUnavailable(f"{PACKAGE} is installed without {TABLE}; install Muniment again")
    with bz2.open(str(table.locate())) as packed:
        variants: dict[str, list[str]] = _PlainData(packed).load()["drug_variant_to_canonical"]
    return {name: tuple(dict.fromkeys(canonical)) for name, canonical in variants.items()}
