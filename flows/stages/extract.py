"""A document's proposals ruled: what is found, what is absent, what is left undecided, and the records that form.

The one place where a probability becomes a verdict.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from domain_models.addressed import without_addressed
from domain_models.decoding.scorer import Thresholds
from domain_models.domain import Domain, Field
from domain_models.tagging import Proposals, Rulebook, SpanSource
from flows.stages.rows import Extraction
from schemas.document import PAGE_BREAK, ParsedDocument, Section
from schemas.finding import Finding, Ruling, Span, Verdict


def extract(document: ParsedDocument, sections: Sequence[Section], source: SpanSource) -> Extraction:
    """Findings, rulings and records of one document, from its text on."""
    return apply_rules(document, sections, source.rulebook, source.propose(document.text))


def apply_rules(
    document: ParsedDocument, sections: Sequence[Section], rulebook: Rulebook, proposals: Proposals
) -> Extraction:
    """Findings, rulings and records of one document, from what was proposed for it."""
    domain, thresholds = rulebook.domain, rulebook.thresholds
    sources = {field.name: _source(field) for field in domain.fields}
    tagged = [
        make_finding(document, domain, span, sources[span.field], thresholds[span.field].found_at)
        for span in split(domain, document.text, proposals.tagged)
    ]
    matched = [make_finding(document, domain, span, "patterns") for span in proposals.matched]
    stated = [make_finding(document, domain, span, "patterns") for span in _stated(domain, document.text)]
    tagged, matched = outranked(tagged, stated), [*outranked(matched, stated), *stated]
    accepted = accept([*tagged, *matched], thresholds)
    rulings = tuple(
        rule(document, name, thresholds[name], [f for f in (*tagged, *matched) if f.field == name], source)
        for name, source in sources.items()
    )
    if domain.understands is not None and not domain.understands(document.text):
        rulings = tuple(undecided(ruling) for ruling in rulings)
    heard = replace(document, text=without_addressed(document.text))
    return Extraction(document.id, accepted, rulings, tuple(domain.group(heard, sections, accepted)))


def _stated(domain: Domain, text: str) -> Sequence[Span]:
    return domain.state(without_addressed(text)) if domain.state else ()


def outranked(findings: Sequence[Finding], stated: Sequence[Finding]) -> list[Finding]:
    """The findings without those that overlap a stated one of their field."""
    taken = {(one.field, at) for one in stated for at in range(one.char_start, one.char_end)}
    return [f for f in findings if not any((f.field, at) in taken for at in range(f.char_start, f.char_end))]


def split(domain: Domain, text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans, each that the domain knows to hold several values in its parts."""
    for span in spans:
        yield from (span,) if domain.split is None else domain.split(text, span)


def make_finding(
    document: ParsedDocument, domain: Domain, span: Span, source: str, valued_from: float = 0.0
) -> Finding:
    """The span with its words, pages and normalised value; none is made of a span less probable than `valued_from`."""
    start, end = within_page_breaks(document.text, span.char_start, span.char_end)
    quote = document.text[start:end]
    first, last = document.pages_of(start, end)
    return Finding(
        document_id=document.id,
        field=span.field,
        quote=quote,
        char_start=start,
        char_end=end,
        page_start=first,
        page_end=last,
        probability=span.probability,
        source=source,
        value=domain.normalise(domain.fields_by_name[span.field], quote) if span.probability >= valued_from else None,
    )


def within_page_breaks(text: str, char_start: int, char_end: int) -> tuple[int, int]:
    """The interval without white space or page breaks at its ends."""
    while char_start < char_end and (text[char_start].isspace() or text[char_start] == PAGE_BREAK):
        char_start += 1
    while char_end > char_start and (text[char_end - 1].isspace() or text[char_end - 1] == PAGE_BREAK):
        char_end -= 1
    return char_start, char_end


def accept(findings: Iterable[Finding], thresholds: Mapping[str, Thresholds]) -> tuple[Finding, ...]:
    """The findings above their field's threshold, without those of a field that overlap a better one, in order."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (-f.probability, f.char_start, f.char_end)):
        rival = any(
            other.field == finding.field and other.char_start < finding.char_end and finding.char_start < other.char_end
            for other in kept
        )
        if finding.probability >= thresholds[finding.field].found_at and not rival:
            kept.append(finding)
    return tuple(sorted(kept, key=lambda f: (f.char_start, f.char_end, f.field)))


def _source(field: Field) -> str:
    """What searches for the field."""
    return "writer" if field.question else "tagger" if field.label else "patterns"


def rule(
    document: ParsedDocument, field: str, thresholds: Thresholds, candidates: Sequence[Finding], source: str
) -> Ruling:
    """Found, absent or abstained, from the field's best candidate; `source` is what searched, where there is none."""
    verdict = verdict_of([finding.probability for finding in candidates], thresholds)
    best = max(candidates, key=lambda finding: finding.probability, default=None)
    score, source = (best.probability, best.source) if best else (0.0, source)
    searched = len(document.text)
    return Ruling(document.id, field, verdict, score, thresholds.found_at, thresholds.absent_below, searched, source)


def verdict_of(scores: Sequence[float], thresholds: Thresholds) -> Verdict:
    """What a field's candidate probabilities amount to; a field without any candidate is absent."""
    best = max(scores, default=0.0)
    if best >= thresholds.found_at:
        return "found"
    return "absent" if best < thresholds.absent_below or not scores else "abstained"


def undecided(ruling: Ruling) -> Ruling:
    """The ruling where no probability is low enough for absence."""
    verdict: Verdict = "abstained" if ruling.verdict == "absent" else ruling.verdict
    return replace(ruling, verdict=verdict, absent_below=0.0)
