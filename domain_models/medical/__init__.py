"""What a clinician knows of medical records: the fields to look for, how to read them, and what belongs together."""

from importlib.metadata import version
from pathlib import Path

from domain_models.domain import Domain, load_fields
from domain_models.medical import icd10, ingredients
from domain_models.medical.lines_apart import lines_apart
from domain_models.medical.normalise import normalise
from domain_models.medical.overview import compose
from domain_models.medical.records import group
from domain_models.medical.stated import stated_spans

_FOLDER = Path(__file__).parent

DOMAIN = Domain(
    name="medical",
    title="Medical records",
    folder=_FOLDER,
    rules_version=f"medical-8+icd10-{version(icd10.PACKAGE)}+drugs-{version(ingredients.PACKAGE)}",
    fields=load_fields(_FOLDER / "fields.toml"),
    normalise=normalise,
    group=group,
    split=lines_apart,
    state=stated_spans,
    compose=compose,
)
