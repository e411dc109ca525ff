"""A domain's span source: its tuned tagger decoded and calibrated, its patterns, or both. Chooses no threshold.

What in a text speaks to a program (`domain_models.addressed`) is read by neither.

torch is imported only when a domain with an adapter is loaded.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from domain_models.adapter import adapter_version, is_tagger, load_config, members
from domain_models.addressed import ADDRESSED_VERSION, without_addressed
from domain_models.answering.confidence import load_confidence
from domain_models.custom_fields import asked_fields, asked_version
from domain_models.decoding import DECODING_VERSION
from domain_models.decoding.decoder import Decoder, load_decoder
from domain_models.decoding.scorer import Calibration, Thresholds, calibration_file, load_calibration
from domain_models.decoding.scores import TokenScores
from domain_models.domain import Domain
from domain_models.patterns import find_patterns
from domain_models.recalibration import Recalibration
from schemas.errors import ModelUnavailable
from schemas.finding import Span

RULE_THRESHOLDS = Thresholds(found_at=0.5, absent_below=0.5)
OWN_ADAPTER = "small"
"""What a domain is read with where the user names another domain's adapter."""


class Reader(Protocol):
    """What reads texts into token scores: `domain_models.runtime`'s `Tagger` or `Ensemble`."""

    def read(self, texts: Sequence[str]) -> Iterator[TokenScores]:
        """Each text's scores in order."""
        ...


@dataclass(frozen=True)
class Proposals:
    """A document's spans by field name, from the tagger and from patterns, each with its probability."""

    tagged: tuple[Span, ...]
    matched: tuple[Span, ...]


@dataclass(frozen=True)
class Rulebook:
    """What turns a domain's proposals into rulings. `thresholds` decide, per field, what is found and what absent."""

    domain: Domain
    thresholds: Mapping[str, Thresholds]
    recalibration: Recalibration | None = None

    def proposals(self, text: str, tagged: Sequence[Span]) -> Proposals:
        """What the model proposed for a text, and what the domain's patterns do."""
        matched = find_patterns(self.domain.folder, without_addressed(text))
        return Proposals(tuple(map(self._corrected, tagged)), matched)

    def _corrected(self, span: Span) -> Span:
        """The span with the probability that people's decisions say it should have."""
        if self.recalibration is None:
            return span
        return replace(span, probability=self.recalibration.probability(span.field, span.probability))


class SpanSource:
    """Finds a domain's fields in texts."""

    def __init__(self, plan: "SpanSourcePlan", reader: Reader | None = None, decoder: Decoder | None = None) -> None:
        self.domain, self.version = plan.domain, plan.version
        self.reader, self.decoder = reader, decoder
        self.ask: Callable[[str], Sequence[Span]] | None = None
        self.names = {field.label: field.name for field in self.domain.fields if field.label}

    @property
    def rulebook(self) -> Rulebook:
        """The rules that go with this source."""
        return make_rulebook(self.domain, self.decoder.calibration if self.decoder else None)

    def tag(self, text: str) -> tuple[Span, ...]:
        """Every span in one text that the model holds plausible; `ask`, where set, finds what a question finds."""
        return (*self._tagged(without_addressed(text)), *(self.ask(text) if self.ask else ()))

    def propose(self, text: str) -> Proposals:
        """Every plausible span in one text, the model's and the patterns'."""
        return self.rulebook.proposals(text, self.tag(text))

    def _tagged(self, text: str) -> Iterator[Span]:
        if self.reader is None or self.decoder is None or not text.strip():
            return
        for span in self.decoder.spans(text, next(iter(self.reader.read([text])))):
            if span.field in self.names:
                yield Span(self.names[span.field], span.char_start, span.char_end, span.probability)


@dataclass(frozen=True)
class SpanSourcePlan:
    """Which adapter a domain is read with, and the version that stored rows will name. Loads nothing."""

    domain: Domain
    adapter: Path | None
    version: str
    recalibration: Recalibration | None = None

    @property
    def proposer(self) -> str:
        """The version of the model and its decoding alone: what stored proposals depend on beside the text."""
        model = self.version.partition("+")[0]
        asked = f"+fields-{asked_version(self.domain)}" if asked_fields(self.domain) else ""
        return f"{model}+decoding.v{DECODING_VERSION}+addressed.v{ADDRESSED_VERSION}{asked}"


def plan_span_source(domain: Domain, tagger: str) -> SpanSourcePlan:
    """The domain's adapter of that name (`small`, `base`), or an adapter's folder; none for a domain of rules alone.

    A folder whose adapter was trained for another domain leaves this one with its own.
    """
    adapters = domain.folder / "adapters"
    adapter = adapters / tagger if (adapters / tagger).is_dir() else Path(tagger)
    if is_tagger(adapter) and not _fits(adapter, domain):
        adapter = adapters / OWN_ADAPTER
    if is_tagger(adapter):
        version = adapter_version(*members(adapter))
        return SpanSourcePlan(domain, adapter, f"{version}+{_patterns_version(domain.folder)}")
    if not adapters.is_dir():
        return SpanSourcePlan(domain, None, f"none+{_patterns_version(domain.folder)}")
    have = ", ".join(sorted(path.name for path in adapters.iterdir() if is_tagger(path)))
    raise ModelUnavailable(f"no {tagger!r} tagger for domain {domain.name!r}; have: {have}, or the path of an adapter")


def load_span_source(plan: SpanSourcePlan, base_folder: Callable[[str], Path]) -> SpanSource:
    """The planned source, its network loaded; `base_folder` gives the folder of a base model by its name."""
    if plan.adapter is None:
        return SpanSource(plan)
    from domain_models.runtime.ensemble import load_reader

    head = load_config(plan.adapter).heads[0]
    return SpanSource(plan, load_reader(plan.adapter, base_folder), load_decoder(plan.adapter, head))


def load_rulebook(plan: SpanSourcePlan) -> Rulebook:
    """The planned source's rules and thresholds, without its network."""
    rulebook = make_rulebook(plan.domain, _calibration(plan.adapter) if plan.adapter else None)
    return replace(rulebook, recalibration=plan.recalibration)


def recalibrated(plan: SpanSourcePlan, recalibration: Recalibration | None) -> SpanSourcePlan:
    """The plan with a correction of its probabilities, where this was fitted to the very same tagger."""
    if recalibration is None or recalibration.tagger != plan.version:
        return plan
    return replace(plan, version=f"{plan.version}+r{recalibration.version}", recalibration=recalibration)


def make_rulebook(domain: Domain, calibration: Calibration | None) -> Rulebook:
    """Each field with its calibrated thresholds; fields that only rules find have the rules' own."""
    known = calibration.thresholds if calibration else {}
    thresholds = {field.name: known.get(field.label, RULE_THRESHOLDS) for field in domain.fields}
    asked = {field.name: load_confidence().thresholds for field in asked_fields(domain)}
    return Rulebook(domain, thresholds | asked)


def _calibration(adapter: Path) -> Calibration:
    head = load_config(adapter).heads[0]
    return load_calibration(calibration_file(adapter, head.name))


def _fits(adapter: Path, domain: Domain) -> bool:
    """Whether any label that the adapter reads by is one of the domain's."""
    return not {field.label for field in domain.fields if field.label}.isdisjoint(load_config(adapter).heads[0].labels)


def _patterns_version(folder: Path) -> str:
    path = folder / "patterns.toml"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else "none"
