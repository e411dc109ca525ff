"""The models of a batch: planned cheaply, loaded once when first needed, used by one thread at a time."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from domain_models import domains, get_domain
from domain_models.adapter import adapter_version
from domain_models.custom_fields import asked_fields
from domain_models.domain import Domain
from domain_models.low_rank import Use, adapter_for, writer_version
from domain_models.recalibration import Recalibration
from domain_models.tagging import (
    Rulebook,
    SpanSource,
    SpanSourcePlan,
    load_rulebook,
    load_span_source,
    plan_span_source,
    recalibrated,
)
from flows.base_models import base_folder
from flows.batch import Versions
from flows.settings import settings
from flows.stages.classify import classifier_version
from flows.stages.parse import PARSER_VERSION
from flows.stages.summarize import summary_version
from flows.stages.tell import Teller, telling

if TYPE_CHECKING:
    from domain_models.runtime.generator import Writer


@dataclass(frozen=True)
class ModelChoice:
    """Which tagger (`small`, `base` or an adapter's folder), which writer (`writer`, a model's folder or
    hub:ORG/NAME@REVISION), and whether it writes summaries.

    `threads` of the CPU may be used; 0 is what the settings say.
    """

    tagger: str = "small"
    writer: str = "writer"
    summaries: bool = True
    threads: int = 0


class Models:
    """Span sources by domain, and writers. Loading is lazy; `lock` keeps networks to one thread at a time."""

    def __init__(
        self,
        choice: ModelChoice,
        corrections: Mapping[str, Recalibration] | None = None,
        parser: str = PARSER_VERSION,
    ) -> None:
        self.choice, self.parser = choice, parser
        self.corrections = corrections or {}
        self.plans: Mapping[str, SpanSourcePlan] = {
            name: recalibrated(plan_span_source(domain, choice.tagger), self.corrections.get(name))
            for name, domain in domains().items()
        }
        self._sources: dict[str, SpanSource] = {}
        self._rulebooks: dict[str, Rulebook] = {}
        self._writers: dict[Path | None, Writer] = {}
        self._lock = threading.Lock()

    @cached_property
    def versions(self) -> Versions:
        """What the stored rows will name."""
        return Versions(
            parser=self.parser,
            classifier=classifier_version(plan.domain for plan in self.plans.values()),
            proposers={name: self._proposer(plan) for name, plan in self.plans.items()},
            taggers={name: plan.version for name, plan in self.plans.items()},
            rules={name: plan.domain.rules_version for name, plan in self.plans.items()},
            writers=self._writer_versions(),
        )

    @contextmanager
    def source(self, domain: str) -> Iterator[SpanSource]:
        """The domain's span source, for this thread alone, and for a batch: its memory is given back behind it."""
        from domain_models.runtime.device import return_freed_memory

        with self._lock:
            self._set_threads()
            if domain not in self._sources:
                self._sources[domain] = self._span_source(self.plans[domain])
            try:
                yield self._sources[domain]
            finally:
                return_freed_memory()

    @contextmanager
    def rulebook(self, domain: str) -> Iterator[Rulebook]:
        """The domain's rules, for this thread alone; its network is not loaded."""
        with self._lock:
            if domain not in self._rulebooks:
                self._rulebooks[domain] = load_rulebook(self.plans[domain])
            yield self._rulebooks[domain]

    @contextmanager
    def writer(self, domain: str, use: Use) -> Iterator["Writer"]:
        """What does this for the domain, for this thread alone."""
        with self._lock:
            self._set_threads()
            yield self._writer_for(domain, use)

    def told_domain(self, domain: str) -> Domain:
        """The domain as it is summarised: where an adapter is for topics of its own, that tells them."""
        plain = self.plans[domain].domain if domain in self.plans else get_domain(domain)
        adapter = self._adapter(domain, "topics")
        if adapter is None:
            return plain
        return telling(plain, Teller(adapter_version(adapter), lambda: self._writer_for(domain, "topics")))

    def _proposer(self, plan: SpanSourcePlan) -> str:
        """What proposals depend on: the tagger, and the writer where it is asked."""
        return (
            f"{plan.proposer}-{self._version_for(plan.domain.name, 'questions')}"
            if asked_fields(plan.domain)
            else plan.proposer
        )

    def _span_source(self, plan: SpanSourcePlan) -> SpanSource:
        source = load_span_source(plan, base_folder)
        fields = asked_fields(plan.domain)
        if fields:
            from flows.asked_fields import FieldAsker

            source.ask = FieldAsker(fields, lambda: self._writer_for(plan.domain.name, "questions")).ask
        return source

    def _writer_versions(self) -> Mapping[str, str]:
        if not self.choice.summaries:
            return {}
        return {
            name: summary_version(self._version_for(name, "summaries"), self.told_domain(name)) for name in self.plans
        }

    def _version_for(self, domain: str, use: Use) -> str:
        return writer_version(self._writer_folder, self._adapter(domain, use))

    def _adapter(self, domain: str, use: Use) -> Path | None:
        """The adapter that does this for the domain; none where the base does it, or nobody knows the domain any more."""
        plan = self.plans.get(domain)
        return adapter_for(plan.domain, use, self.choice.writer) if plan else None

    @cached_property
    def _writer_folder(self) -> Path:
        return base_folder(self.choice.writer)

    def _writer_for(self, domain: str, use: Use) -> "Writer":
        from domain_models.runtime.generator import load_writer

        adapter = self._adapter(domain, use)
        if adapter not in self._writers:
            self._writers[adapter] = load_writer(self._writer_folder, adapter)
        return self._writers[adapter]

    def _set_threads(self) -> None:
        from domain_models.runtime.device import keep_freed_memory, set_threads

        set_threads(self.choice.threads or settings().thread_count)
        keep_freed_memory()
