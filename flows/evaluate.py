"""`muniment evaluate`: a domain's tagger measured on a labelled file, from its text or from its PDFs.

The measures are the field's own (`domain_models.measure`); a measure that a domain does not have is null.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_models.adapter import load_config
from domain_models.decoding.decoder import Decoder, load_decoder
from domain_models.decoding.scorer import Calibration
from domain_models.decoding.spans import without_rivals
from domain_models.domain import Domain
from domain_models.heads import Head
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.measure.auto_accept import AutoAccepted, Judged, auto_accepted
from domain_models.measure.calibration import expected_calibration_error
from domain_models.measure.clause_spans import DocumentOutcome, Quality, curve, match_document, quality
from domain_models.measure.entities import entity_quality
from domain_models.measure.rulings import RulingQuality, ruling_quality
from domain_models.tagging import plan_span_source
from flows.base_models import base_folder
from flows.settings import settings
from flows.stages.extract import accept, make_finding, split, verdict_of
from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from schemas.document import Page, ParsedDocument
from schemas.errors import BadInput, ModelUnavailable
from schemas.finding import Span

SENTENCES_TOGETHER = 32
"""Sentences of abstracts are read in texts of so many, some three abstracts: as a document is, and not each alone."""
Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Predicted:
    """A document, the text that was read (from its PDF where asked), and what was found in it, by label."""

    document: LabelledDocument
    text: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class Speed:
    """What reading cost: wall seconds of the tagger and its decoding, without reading PDFs, and the tokens read."""

    seconds: float
    tokens: int


def evaluate_domain(domain: Domain, tagger: str, data: Path, from_pdf: bool, advance: Advance) -> dict[str, Any]:
    """All measures under the names that the README lists."""
    documents = read_labelled(data, SENTENCES_TOGETHER)
    labels = {span.label for document in documents for span in document.spans}
    plan = plan_span_source(domain, tagger)
    if plan.adapter is None:
        raise ModelUnavailable(f"domain {domain.name!r} has no adapter to evaluate")
    head = _fitting_head(load_config(plan.adapter).heads, labels, data)
    decoder = load_decoder(plan.adapter, head)
    calibration = decoder.calibration
    texts = [_pdf_text(data.parent / (d.pdf or ""), d.name) if from_pdf else d.text for d in documents]
    predicted, speed = _predict(plan.adapter, documents, texts, decoder, advance)
    measures = (
        _clause_measures(domain, predicted, calibration)
        if head.scheme == "span"
        else _entity_measures(predicted, calibration)
    )
    rate = round(speed.tokens / speed.seconds, 1) if speed.seconds else None
    measures |= {"rulings": vars(_rulings(predicted, calibration))}
    return measures | {"documents": len(documents), "seconds": round(speed.seconds, 1), "tokens_per_second": rate}


def _fitting_head(heads: Sequence[Head], labels: set[str], data: Path) -> Head:
    """The head that knows the file's labels, the one with the fewest others first."""
    fitting = [head for head in heads if labels <= set(head.labels)]
    if not fitting:
        unknown = sorted(labels - {label for head in heads for label in head.labels})
        raise BadInput(f"{data}: labels that no head of this tagger knows: {', '.join(unknown[:5])}")
    fewest = min(len(head.labels) for head in fitting)
    same_size = [head for head in fitting if len(head.labels) == fewest]
    # Two data sets may share a label ("Disease"); the file's folder then tells which one it is.
    named = [head for head in same_size if head.name.replace("_", "-") in data.as_posix()]
    return (named or same_size)[0]


def _predict(
    adapter: Path,
    documents: Sequence[LabelledDocument],
    texts: Sequence[str],
    decoder: Decoder,
    advance: Advance,
) -> tuple[list[Predicted], Speed]:
    from domain_models.runtime.device import keep_freed_memory, set_threads
    from domain_models.runtime.ensemble import load_reader

    set_threads(settings().thread_count)
    keep_freed_memory()
    reader = load_reader(adapter, base_folder)
    started = time.monotonic()
    predicted, tokens = [], 0
    for index, (document, text) in enumerate(zip(documents, texts, strict=True), start=1):
        scores = next(iter(reader.read([text])))
        predicted.append(Predicted(document, text, decoder.spans(text, scores)))
        tokens += len(scores.tokens)
        advance(index, len(documents))
    return predicted, Speed(time.monotonic() - started, tokens)


def _pdf_text(path: Path, name: str) -> str:
    if not path.is_file():
        raise BadInput(f"{name}: its PDF is not at {path}")
    return parse_file(discover([path]).files[0]).text


def _clause_measures(domain: Domain, predicted: Sequence[Predicted], calibration: Calibration) -> dict[str, Any]:
    outcomes = [_outcome(p, p.spans) for p in predicted]
    pooled = curve(outcomes)
    flat = [(s.probability, bool(s.matches)) for outcome in outcomes for s in outcome.predictions]
    stored = [_outcome(p, accepted(p.spans, calibration)) for p in predicted]
    fields = {label: quality(stored, 0.0, label) for label in sorted(calibration.thresholds)}
    return {
        "aupr": pooled.area,
        "p_at_80r": pooled.precision_at(0.8),
        "p_at_90r": pooled.precision_at(0.9),
        "ece": expected_calibration_error([p for p, _ in flat], [right for _, right in flat]),
        "auto_accept": vars(_auto_accepted(stored, calibration)),
        "fields": {label: vars_of(figures) for label, figures in fields.items()},
        "answers": _answers(domain, predicted, calibration),
    }


def _auto_accepted(stored: Sequence[DocumentOutcome], calibration: Calibration) -> AutoAccepted:
    """What of the findings that a run would store needs no second look by the calibration's own thresholds."""
    found = (s for outcome in stored for s in outcome.predictions)
    accept_at = {label: acceptance.accept_at for label, acceptance in calibration.acceptances.items()}
    return auto_accepted([Judged(s.probability, accept_at.get(s.label), bool(s.matches)) for s in found])


def _rulings(predicted: Sequence[Predicted], calibration: Calibration) -> RulingQuality:
    """Every label of every document ruled as a run would rule it, against whether the labellers marked it."""
    ruled = []
    for one in predicted:
        marked = {span.label for span in one.document.spans}
        for label, thresholds in calibration.thresholds.items():
            scores = [span.probability for span in one.spans if span.field == label]
            ruled.append((verdict_of(scores, thresholds), label in marked))
    return ruling_quality(ruled)


def _answers(domain: Domain, predicted: Sequence[Predicted], calibration: Calibration) -> Mapping[str, Any] | None:
    """The domain's own score of its typed answers, made from the findings that a run would store."""
    if domain.score_answers is None:
        return None
    names = {field.label: field.name for field in domain.fields}
    thresholds = {names[label]: limits for label, limits in calibration.thresholds.items()}
    read = []
    for one in predicted:
        page = Page(1, 0, len(one.text), "pdfium")
        document = ParsedDocument(one.document.name, one.document.name, one.text, (page,))
        spans = (Span(names[s.field], s.char_start, s.char_end, s.probability) for s in one.spans)
        kept = [span for span in split(domain, one.text, spans) if span.probability >= thresholds[span.field].found_at]
        read.append((one.text, accept([make_finding(document, domain, span, "tagger") for span in kept], thresholds)))
    return domain.score_answers([one.document for one in predicted], read)


def _outcome(predicted: Predicted, spans: Sequence[Span]) -> DocumentOutcome:
    found = ((s.field, predicted.text[s.char_start : s.char_end], s.probability) for s in spans)
    return match_document(found, predicted.document.quotes)


def accepted(spans: Sequence[Span], calibration: Calibration) -> list[Span]:
    """The spans that a run would store as found: see `flows.stages.extract.accept`."""
    stored: list[Span] = []
    for field, thresholds in calibration.thresholds.items():
        found = [span for span in spans if span.field == field and span.probability >= thresholds.found_at]
        found.sort(key=lambda span: -span.probability)
        stored += [found[index] for index in without_rivals((s.char_start, s.char_end) for s in found)]
    return stored


def _entity_measures(predicted: Sequence[Predicted], calibration: Calibration) -> dict[str, Any]:
    pairs = [(_entities(accepted(p.spans, calibration)), _gold_entities(p.document)) for p in predicted]
    figures = entity_quality(pairs)
    right = [
        (span.probability, (span.field, span.char_start, span.char_end) in gold)
        for p, (_, gold) in zip(predicted, pairs, strict=True)
        for span in p.spans
    ]
    return {
        "micro_f1": figures.micro.f1,
        "ece": expected_calibration_error([p for p, _ in right], [r for _, r in right]),
        "labels": {label: vars_of(quality_of) for label, quality_of in figures.labels.items()},
    }


def _entities(spans: Sequence[Span]) -> set[tuple[str, int, int]]:
    return {(span.field, span.char_start, span.char_end) for span in spans}


def _gold_entities(document: LabelledDocument) -> set[tuple[str, int, int]]:
    return {(span.label, span.char_start, span.char_end) for span in document.spans}


def vars_of(figures: Quality) -> dict[str, float | int]:
    """The figures under their names."""
    return dict(vars(figures))
