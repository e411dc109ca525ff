"""Small records read with given spans: what tests of medical rows share."""

from collections.abc import Mapping, Sequence

from domain_models.medical import DOMAIN
from schemas.document import ParsedDocument, join_pages
from schemas.finding import Finding, Span


def document_of(text: str) -> ParsedDocument:
    joined, pages = join_pages([text], ["pdfium"])
    return ParsedDocument("a" * 64, "record.pdf", joined, pages)


def findings_of(document: ParsedDocument, spans: Sequence[Span]) -> list[Finding]:
    findings = []
    for span in spans:
        quote = document.text[span.char_start : span.char_end]
        value = DOMAIN.normalise(DOMAIN.fields_by_name[span.field], quote)
        place = (span.char_start, span.char_end, 1, 1)
        findings.append(Finding(document.id, span.field, quote, *place, span.probability, "patterns", value))
    return findings


def best_spans(spans: Sequence[Span]) -> list[Span]:
    """Of spans of one field that overlap, the likeliest, as extraction keeps them."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (-s.probability, s.char_start)):
        rivals = (k for k in kept if k.field == span.field)
        if not any(k.char_start < span.char_end and span.char_start < k.char_end for k in rivals):
            kept.append(span)
    return kept


def grouped(text: str, spans: Sequence[Span]) -> Mapping[str, list[dict[str, str]]]:
    document = document_of(text)
    findings = findings_of(document, spans)
    quotes = {finding.id: finding.quote for finding in findings}
    kinds: dict[str, list[dict[str, str]]] = {}
    for record in DOMAIN.group(document, (), findings):
        kinds.setdefault(record.kind, []).append({m.role: quotes[m.finding_id] for m in record.members})
    return kinds


def spans_of(text: str, **quotes: str) -> list[Span]:
    """Spans of the quoted words; several of one field are parted by `|`."""
    named = [(field, quote) for field, listed in quotes.items() for quote in listed.split("|")]
    return [Span(field, text.index(quote), text.index(quote) + len(quote), 0.9) for field, quote in named]
