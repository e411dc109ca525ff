"""Topics of a summary that findings alone leave open, told by a writer that a domain has tuned for them.

What is asked, and what of an answer stands, is the domain's (`Domain.ask`); which weights answer is the caller's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from domain_models.composed import Composed
from domain_models.domain import Domain
from flows.stages.summarize import SummaryWriter
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record

TELL_VERSION = "1"
"""Raised where another answer of the same weights would stand."""
MAX_NEW_TOKENS = 120


@dataclass(frozen=True)
class Teller:
    """The tuned writer: the version of its adapter, and how it is loaded, which is when a document first needs it."""

    version: str
    load: Callable[[], SummaryWriter]


def telling(domain: Domain, teller: Teller) -> Domain:
    """The domain with what its tuned writer tells among that which is composed."""
    return replace(domain, compose=_Telling(domain, teller), told_by=f"told.v{TELL_VERSION}.{teller.version}")


@dataclass(frozen=True)
class _Telling:
    """A composer that asks the writer of what the domain's own composer leaves open."""

    domain: Domain
    teller: Teller

    def __call__(
        self,
        document: ParsedDocument,
        sections: Sequence[Section],
        findings: Sequence[Finding],
        records: Sequence[Record],
    ) -> Iterator[Composed]:
        compose, ask = self.domain.compose, self.domain.ask
        composed = list(compose(document, sections, findings, records)) if compose else []
        yield from composed
        done = {one.topic for one in composed}
        asked = [one for one in ask(document, sections, findings) if one.topic not in done] if ask else []
        answers = self.teller.load().write([one.prompt for one in asked], MAX_NEW_TOKENS) if asked else []
        told = (one.read(answer) for one, answer in zip(asked, answers, strict=True))
        yield from (one for one in told if one)
