"""A document's summary, each sentence resting on intervals of the document. Knows the writer only as something to ask.

For each topic of the domain the sentence that bears most on it is chosen, the writer shortens it, and the guard holds
what it wrote against it; what is refused gives way to the sentence itself, word for word.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from domain_models.addressed import without_addressed
from domain_models.domain import Domain
from domain_models.guard import GUARD_VERSION, supported
from domain_models.outline import load_outline
from domain_models.passages import Passage, opening_sentences, passages
from domain_models.sentences import Interval, sentence_spans
from flows.stages.segment import furniture, running_text
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Summary, SummarySentence

OPENING_SENTENCES = 3
MAX_NEW_TOKENS = 56
FEWEST_WORDS = 4
PASSAGES_VERSION = "3"
"""Raised where other passages are chosen for the same document: 2 reads on over a page's edge, 3 leaves out what speaks to
a program.
"""
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
    """What a stored summary depends on: the writer's weights (its `version`), the domain's outline, passages and guard."""
    return f"{weights}+{load_outline(domain.folder).version}+guard.v{GUARD_VERSION}+passages.v{PASSAGES_VERSION}"


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
    gaps = furniture(document)
    document = replace(document, text=without_addressed(running_text(document)))
    chosen = passages(document, sections, findings, outline.topics)
    if not chosen:
        opening = [_extracted(document, without(span, gaps)) for span in opening_sentences(document, OPENING_SENTENCES)]
        return Summary(document.id, tuple(opening), 0, summary_version(writer.version, domain))
    prompts = [outline.prompt(" ".join(_quote(document, passage).split())) for passage in chosen]
    answers = writer.write(prompts, MAX_NEW_TOKENS)
    sentences = [_held(document, passage, gaps, answer) for passage, answer in zip(chosen, answers, strict=True)]
    refused = sum(sentence.origin == "extracted" for sentence in sentences)
    return Summary(document.id, tuple(sentences), refused, summary_version(writer.version, domain))


def _quote(document: ParsedDocument, passage: Passage) -> str:
    return document.text[passage.char_start : passage.char_end]


def _held(document: ParsedDocument, passage: Passage, gaps: Sequence[Interval], answer: str) -> SummarySentence:
    """The written sentence where its passage bears it out, else the passage itself."""
    cited = without((passage.char_start, passage.char_end), gaps)
    written = first_sentence(answer)
    if written is None or not supported(written, _quote(document, passage)):
        return _extracted(document, cited)
    return SummarySentence(written, cited, "written")


def _extracted(document: ParsedDocument, cited: tuple[Interval, ...]) -> SummarySentence:
    words = " ".join(document.text[start:end].strip() for start, end in cited)
    return SummarySentence(words, cited, "extracted")


def without(span: Interval, gaps: Sequence[Interval]) -> tuple[Interval, ...]:
    """What of the interval lies between the ordered gaps: a sentence that a page's footer cuts in two is two pieces."""
    pieces = []
    start = span[0]
    for gap in [*gaps, (span[1], span[1])]:
        end = min(gap[0], span[1])
        if end > start:
            pieces.append((start, end))
        start = max(start, gap[1])
    return tuple(pieces)


def first_sentence(answer: str) -> str | None:
    """The answer's first whole sentence; None where it is a fragment, a list or a stutter, or was cut off."""
    flat = answer.strip().strip("\"'“”")
    spans = sentence_spans(flat)
    if not spans:
        return None
    sentence = flat[spans[0][0] : spans[0][1]]
    whole = sentence[-1] in ".!" and "\n" not in sentence and not _STUTTER.search(sentence)
    return sentence if whole and len(sentence.split()) >= FEWEST_WORDS else None
