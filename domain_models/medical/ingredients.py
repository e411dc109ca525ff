"""A drug's name to its ingredient's: brands, salts and spellings to one international name, or nothing.

The names come with the package drug-named-entity-recognition (MIT): its table alone is read, since importing it would
write into the user's home and fetch from the network. The table is a pickle and is read as plain data: one that names
any function or class is refused.
"""

import bz2
import pickle
from collections.abc import Mapping
from functools import cache
from importlib.metadata import files

import regex

from schemas.errors import ModelUnavailable

PACKAGE = "drug-named-entity-recognition"
TABLE = "drug_ner_dictionary.pkl.bz2"

_FORM = regex.compile(
    r"(?i)[\s,]+(?:\(?(?:oral|inhaled|nasal|topical|ophthalmic|eye|iv|intravenous|extended[- ]release|delayed[- ]release"
    r"|er|xr|xl|sr|dr|cr|ir|tablets?|tabs?|capsules?|caps?|inhalers?|patch(?:es)?|drops?|cream|ointment|gel|spray"
    r"|solution|suspension|syrup|injections?|infusions?|pen|nebuli[sz]ers?|suppository|powder|therapy"
    r"|hydrochloride|hcl|succinate|tartrate|besylate|sodium|potassium|calcium|maleate|mesylate|fumarate|phosphate"
    r"|sulfate|sulphate|acetate|citrate)\)?)$"
)
_JOINED = regex.compile(r"\s*(?:[-/+]|\band\b|\bwith\b)\s*")


def ingredient(words: str) -> str | None:
    """The ingredient's name in lower case, those of a combination in order joined by ` / `; None where it is unknown.

    A name that may mean more than one drug gives None, as does anything that is no drug at all.
    """
    name = " ".join(words.lower().replace("®", "").split()).strip(" .,;:")
    whole = _known(name)
    if whole:
        return whole
    parts = [_known(part) for part in _JOINED.split(name)]
    return " / ".join(sorted(part for part in parts if part)) if len(parts) > 1 and all(parts) else None


def _known(name: str) -> str | None:
    """The one canonical name of `name`, as it stands or without the words of its form or salt."""
    while name:
        canonical = _names().get(name, ())
        shorter = _FORM.sub("", name)
        if len(canonical) == 1:
            return _known(shorter) if canonical[0] == name != shorter and shorter in _names() else canonical[0]
        if canonical or shorter == name:
            return None
        name = shorter
    return None


class _PlainData(pickle.Unpickler):
    """Reads containers, text and numbers; anything that would be called is refused."""

    def find_class(self, module: str, name: str) -> object:
        """Never; only code needs a name looked up."""
        raise pickle.UnpicklingError(f"the drug table names {module}.{name}")


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    table = next((path for path in files(PACKAGE) or () if path.name == TABLE), None)
    if table is None:
        raise ModelUnavailable(f"{PACKAGE} is installed without {TABLE}; install Muniment again")
    with bz2.open(str(table.locate())) as packed:
        variants: dict[str, list[str]] = _PlainData(packed).load()["drug_variant_to_canonical"]
    return {name: tuple(dict.fromkeys(canonical)) for name, canonical in variants.items()}
