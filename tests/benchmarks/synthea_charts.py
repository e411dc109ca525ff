"""Synthea's FHIR bundles as charts: what a printed record of the patient says, and the rows that must come out of it.

A printed name leaves out what only a code system needs: SNOMED's tag "(disorder)", the words "allergy to". Values are
rounded as a record prints them; the rounded value is the expected one.
"""

import gzip
import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

SYNTHEA = Path(__file__).parents[3] / "shared" / "data" / "synthea"
PRINTED_UNITS = {
    "mm[Hg]": "mmHg", "Cel": "°C", "10*3/uL": "x10^3/uL", "10*6/uL": "x10^6/uL", "mL/min/{1.73_m2}": "mL/min/1.73m2",
    "{score}": "", "[pH]": "",
}  # fmt: skip
SAME_UNITS = {"mL/min/{1.73_m2}": "mL/min/1.73.m2"}  # two UCUM codes of one unit
_TAG = re.compile(r" \((?:disorder|finding|situation|procedure|observable entity|morphologic abnormality)\)$")
_ALLERGY = re.compile(r"(?i)^allergy to | allergy$")
_DRUG = re.compile(  # RxNorm's names: quantity, ingredient, one strength, form
    r"(?:\d+ (?:ACTUAT|HR|ML) )?(?P<name>[^\d/]+?) (?P<strength>\d[\d.]*) (?P<unit>MG(?:/ACTUAT|/ML)?)(?: (?P<form>[^/]+))?"
)
_DRUG_UNITS = {"MG": "mg", "MG/ML": "mg/mL", "MG/ACTUAT": "mg/{puff}"}


@dataclass(frozen=True)
class Condition:
    name: str
    onset: date
    end: date | None


@dataclass(frozen=True)
class Medication:
    """`text` is the whole name of the prescription; `name`, `strength` and `unit` what it says where it names one drug."""

    text: str
    name: str
    strength: str | None
    unit: str | None
    started: date
    status: str
    as_needed: bool


@dataclass(frozen=True)
class Allergy:
    substance: str
    severity: str
    noted: date


@dataclass(frozen=True)
class Observation:
    """`unit` is the UCUM code ("" where there is none)."""

    name: str
    value: str
    unit: str
    taken: date
    is_vital: bool

    def printed_unit(self, as_code: bool) -> str:
        return self.unit if as_code else PRINTED_UNITS.get(self.unit, self.unit)


@dataclass(frozen=True)
class Chart:
    """One patient's record."""

    key: str
    name: str
    mrn: str
    born: date
    sex: str
    smoking: str | None
    conditions: tuple[Condition, ...]
    medications: tuple[Medication, ...]
    allergies: tuple[Allergy, ...]
    observations: tuple[Observation, ...]


def charts() -> list[Chart]:
    """Every bundle of the data folder, in the order of the file names."""
    return [chart(path) for path in sorted(SYNTHEA.glob("*.json.gz"))]


def chart(path: Path) -> Chart:
    bundle = json.loads(gzip.decompress(path.read_bytes()))
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in bundle["entry"]:
        kinds.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    patient, name = kinds["Patient"][0], kinds["Patient"][0]["name"][0]
    numbers = {i["type"]["coding"][0]["code"]: i["value"] for i in patient["identifier"] if "type" in i}
    observed = kinds.get("Observation", [])
    smoking = [o for o in observed if "valueCodeableConcept" in o and "smoking" in o["code"]["text"]]
    return Chart(
        key=path.name.split(".")[0],
        name=" ".join(_letters(part) for part in (*name["given"], name["family"])),
        mrn=numbers["MR"][:8].upper(),
        born=_day(patient["birthDate"]),
        sex=patient["gender"],
        smoking=smoking[-1]["valueCodeableConcept"]["text"] if smoking else None,
        conditions=tuple(_condition(one) for one in kinds.get("Condition", [])),
        medications=tuple(m for one in kinds.get("MedicationRequest", []) for m in _medication(one, kinds)),
        allergies=tuple(_allergy(one) for one in kinds.get("AllergyIntolerance", [])),
        observations=tuple(o for one in observed for o in _observation(one)),
    )


def _letters(name: str) -> str:
    """Synthea numbers its names: "Alfonso758"."""
    return re.sub(r"\d+$", "", name)


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])


def _condition(resource: dict[str, Any]) -> Condition:
    end = resource.get("abatementDateTime")
    name = _TAG.sub("", resource["code"]["text"])
    return Condition(name, _day(resource["onsetDateTime"]), _day(end) if end else None)


def _medication(resource: dict[str, Any], kinds: dict[str, list[dict[str, Any]]]) -> list[Medication]:
    concept = resource.get("medicationCodeableConcept")
    if concept is None:
        wanted = resource["medicationReference"]["reference"].split(":")[-1]
        concept = next(one["code"] for one in kinds["Medication"] if one["id"] == wanted)
    text = concept["text"]
    parts = _DRUG.fullmatch(text)
    as_needed = any(one.get("asNeededBoolean") for one in resource.get("dosageInstruction", ()))
    named = (parts["name"], parts["strength"], _DRUG_UNITS[parts["unit"]]) if parts else (text, None, None)
    return [Medication(text, *named, _day(resource["authoredOn"]), resource["status"], as_needed)]


def _allergy(resource: dict[str, Any]) -> Allergy:
    severity = {"low": "mild", "high": "severe"}.get(resource.get("criticality", ""), "moderate")
    return Allergy(_ALLERGY.sub("", resource["code"]["text"]), severity, _day(resource["recordedDate"]))


def _observation(resource: dict[str, Any]) -> list[Observation]:
    """Results and vital signs; a blood pressure's two values as one, as records print them."""
    category = resource["category"][0]["coding"][0]["code"]
    name, taken = resource["code"]["text"], _day(resource["effectiveDateTime"])
    if category not in {"laboratory", "vital-signs"}:
        return []
    if "component" in resource:
        values = {part["code"]["text"].split()[0]: part["valueQuantity"]["value"] for part in resource["component"]}
        if set(values) != {"Systolic", "Diastolic"}:
            return []
        value = f"{values['Systolic']:.0f}/{values['Diastolic']:.0f}"
        return [Observation(name, value, "mm[Hg]", taken, True)]
    if "valueQuantity" not in resource:
        return []
    quantity = resource["valueQuantity"]
    return [Observation(name, _rounded(quantity["value"]), quantity["unit"], taken, category == "vital-signs")]


def _rounded(value: float) -> str:
    """Three or four figures, as records print them."""
    places = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    return f"{round(Decimal(str(value)), places).normalize():f}"
