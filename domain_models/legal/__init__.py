"""Contracts: the 41 clause types of CUAD, their typed answers, and how they form one row per contract."""

from pathlib import Path

from domain_models.domain import Domain, load_fields
from domain_models.legal.answers import normalise
from domain_models.legal.evaluate import score_answers
from domain_models.legal.language import reads_as_contract
from domain_models.legal.overview import compose
from domain_models.legal.overview_lessons import overviews_to_learn
from domain_models.legal.party_spans import split
from domain_models.legal.records import group
from domain_models.legal.told_overview import ask

_FOLDER = Path(__file__).parent

# Raised whenever a field, a reader, a rule or the grouping changes what would be stored.
RULES_VERSION = "legal-5"

DOMAIN = Domain(
    name="legal",
    title="Contracts",
    folder=_FOLDER,
    rules_version=RULES_VERSION,
    fields=load_fields(_FOLDER / "fields.toml"),
    normalise=normalise,
    group=group,
    score_answers=score_answers,
    split=split,
    compose=compose,
    ask=ask,
    understands=reads_as_contract,
    teach={"overview": overviews_to_learn},
)
