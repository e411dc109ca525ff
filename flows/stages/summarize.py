"""A document's summary, each sentence resting on intervals of the document. Knows the writer only as something to ask.

For each topic of the domain the sentence that bears most on it is chosen, the writer shortens it, and the guard holds
what it wrote against it; what is refused gives way to the sentence itself, word for word.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from domain_models.domain import Domain
from domain_models.guard import GUARD_VERSION, supported
from domain_models.outline import load_outline
from domain_models.passages import Passage, opening_sentences, passages
from domain_models.sentences import Interval, sentence_spans
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Summary, SummarySentence

OPENING_SENTENCES = 3
MAX_NEW_TOKENS = 56
FEWEST_WORDS = 4
_STUTTER = re.compile(r"(?i)\b(\w+(?:\s+\w+){0,6})(?:\s+(?:and|or))?\s+\1\b")


class SummaryWriter(Protocol):
    """Anything that answers prompts, the same way every time; `version` names its exact weights."""

    @property
    def version(self) -> str:
        """The weights it answers with."""
        ...

    def write(self, prompts: Sequence[str], max_new_tokens: int) -> list[str]:
        """An answer to each prompt, in order."""
        ...


def summary_version(weights: str, domain: Domain) -> str:
    """What a stored summary depends on: the writer's weights (its `version`), the domain's outline and the guard."""
    return f"{weights}+{load_outline(domain.folder).version}+guard.v{GUARD_VERSION}"


def summarize(
    document: ParsedDocument,
    sections: Sequence[Section],
    findings: Sequence[Finding],
    domain: Domain,
    writer: SummaryWriter,
) -> Summary:
    """One sentence for each topic that the document touches, at most as many as the domain has topics.

    A document without any topic is summarised by its first sentences; one without a sentence gets an empty summary.
    """
    outline = load_outline(domain.folder)
    chosen = passages(document, sections, findings, outline.topics)
    if not chosen:
        opening = [_extracted(document, span) for span in opening_sentences(document, OPENING_SENTENCES)]
        return Summary(document.id, tuple(opening), 0, summary_version(writer.version, domain))
    prompts = [outline.prompt(" ".join(_quote(document, passage).split())) for passage in chosen]
    answers = writer.write(prompts, MAX_NEW_TOKENS)
    sentences = [_held(document, passage, answer) for passage, answer in zip(chosen, answers, strict=True)]
    refused = sum(sentence.origin == "extracted" for sentence in sentences)
    return Summary(document.id, tuple(sentences), refused, summary_version(writer.version, domain))


def _quote(document: ParsedDocument, passage: Passage) -> str:
    return document.text[passage.char_start : passage.char_end]


def _held(document: ParsedDocument, passage: Passage, answer: str) -> SummarySentence:
    """The written sentence where its passage bears it out, else the passage itself."""
    span = (passage.char_start, passage.char_end)
    written = first_sentence(answer)
    if written is None or not supported(written, _quote(document, passage)):
        return _extracted(document, span)
    return SummarySentence(written, (span,), "written")


def _extracted(document: ParsedDocument, span: Interval) -> SummarySentence:
    return SummarySentence(document.text[span[0] : span[1]], (span,), "extracted")


def first_sentence(answer: str) -> str | None:
    """The answer's first whole sentence; None where it is a fragment, a list or a stutter, or was cut off."""
    flat = answer.strip().strip("\"'“”")
    spans = sentence_spans(flat)
    if not spans:
        return None
    sentence = flat[spans[0][0] : spans[0][1]]
    whole = sentence[-1] in ".!" and "\n" not in sentence and not _STUTTER.search(sentence)
    return sentence if whole and len(sentence.split()) >= FEWEST_WORDS else None
