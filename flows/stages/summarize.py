"""A document's summary, each sentence resting on intervals of the document. Knows the writer only as something to ask.

For each topic of the domain the sentence that bears most on it is chosen, of a long document section by section. The
writer shortens it, and the guard holds what it wrote against it; what is refused gives way to a second attempt, and
that to the sentence itself, word for word. What findings alone can tell is put together of their words. Of two
sections' sentences on one thing both stand in one, or the better does.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from domain_models.addressed import ADDRESSED_VERSION
from domain_models.composed import Composed
from domain_models.domain import Domain
from domain_models.guard.rules import GUARD_VERSION
from domain_models.guard.support import limits_left_out, supported
from domain_models.outline import Outline, load_outline
from domain_models.passages import LONGEST, Passage, opening_sentences, passages
from domain_models.sentences import Interval, sentence_spans
from domain_models.sought import Found
from flows.stages.segment import furniture, heard_text
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Origin, Summary, SummarySentence

OPENING_SENTENCES = 3
MAX_NEW_TOKENS = 56
FEWEST_WORDS = 4
WHOLE = 900  # characters of a sentence in the document's own words; of a longer one a part is told
PASSAGES_VERSION = "8"
"""Raised where other passages are chosen for the same document: 2 reads on over a page's edge, 3 leaves out what speaks to
a program, 4 reads what parties must do, and a long document section by section, 5 has no sentence written of a part that
lacks its sentence's beginning, or leaves out a limit in its end, 6 composes what findings tell whole, 7 puts a clause to
the writer without its number, and tells a sentence whole in the document's own words, 8 composes the plan of
the one problem of an assessment from prose.
"""
_CLAUSE_NUMBER = re.compile(
    r"\A(?:(?:\d{1,2}\.\s+){2,}|\(?\d{1,2}(?:(?:\.\d{1,2})+[.)]?|[.)])\s+(?=[A-Z“\"])|\(?[a-z]{1,4}\)\s+)+"
)
_LABEL = re.compile(r"\A(?:A|Answer):\s+")
_QUOTE = re.compile(r'["“”]')
_STUTTER = re.compile(r"(?i)\b(\w+(?:\s+\w+){0,6})(?:\s+(?:and|or))?\s+\1\b")


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence of the writer's that the guard has upheld, and at which attempt."""

    text: str
    origin: Origin


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
    """What a stored summary depends on: the writer's weights (its `version`), the domain's prompts, what is read, the guard,
    and the weights that tell topics of the domain's own.
    """
    read = f"passages.v{PASSAGES_VERSION}+addressed.v{ADDRESSED_VERSION}"
    told = f"+{domain.told_by}" if domain.told_by else ""
    return f"{weights}+{load_outline(domain.folder).prompts}+guard.v{GUARD_VERSION}+{read}{told}"


def summarize(
    document: ParsedDocument,
    sections: Sequence[Section],
    findings: Sequence[Finding],
    domain: Domain,
    writer: SummaryWriter,
) -> Summary:
    """One sentence for each topic that the document touches, for each of two parties where it tells their duties.

    Where the findings alone tell a topic (`Domain.compose`), or a writer tuned for it does (`flows.stages.tell`), nothing is
    looked for or written of it.
    A document without any topic is summarised by its first sentences; one without a sentence gets an empty summary.
    """
    outline = load_outline(domain.folder)
    version = summary_version(writer.version, domain)
    gaps, read = furniture(document), document.text
    document = replace(document, text=heard_text(document))
    records = domain.group(document, sections, findings)
    composed = {
        one.topic: one
        for one in (domain.compose(document, sections, findings, records) if domain.compose else ())
        if all(read[start:end] == document.text[start:end] for start, end in one.citations)
    }
    open_topics = [topic for topic in outline.topics if topic.name not in composed]
    chosen = passages(document, Found(sections, findings, records), open_topics)
    if not chosen and not composed:
        spans = opening_sentences(document, OPENING_SENTENCES)
        opening = [_extracted(document, span, span, gaps) for span in spans]
        return Summary(document.id, tuple(opening), 0, version)
    told = [
        _told(document, passage, gaps, answer)
        for passage, answer in zip(chosen, _written(chosen, document.text, outline, writer), strict=True)
    ]
    sentences = reduced(chosen, told)
    refused = sum(sentence.origin == "extracted" for sentence in sentences)
    return Summary(document.id, _in_order(outline, chosen, sentences, composed.values()), refused, version)


def _in_order(
    outline: Outline, chosen: Sequence[Passage], told: Sequence[SummarySentence], composed: Iterable[Composed]
) -> tuple[SummarySentence, ...]:
    """The sentences told of the chosen passages' places and those composed, in the order of their topics."""
    topics = {passage.place: passage.topic.name for passage in chosen}
    placed = [
        *zip(topics.values(), told, strict=True),
        *((one.topic, SummarySentence(one.text, one.citations, one.origin)) for one in composed),
    ]
    order = [topic.name for topic in outline.topics]
    return tuple(sentence for _, sentence in sorted(placed, key=lambda pair: order.index(pair[0])))


def _written(chosen: Sequence[Passage], text: str, outline: Outline, writer: SummaryWriter) -> list[Written | None]:
    """What the writer makes of each passage and the guard upholds, at the second attempt if not at the first; else None.

    A passage that lacks its sentence's beginning is not put to the writer: it takes the first words for who acts. Both
    attempts are asked for at once: a batch takes hardly longer for more rows, and a second batch takes as long again.
    """
    flat = [unnumbered(" ".join(text[passage.char_start : passage.char_end].split())) for passage in chosen]
    first = [number for number, passage in enumerate(chosen) if not passage.lacks_beginning]
    second = _strongest(chosen, first) if outline.second else []
    prompts = [*(outline.prompt(flat[one]) for one in first), *(outline.second_prompt(flat[one]) for one in second)]
    answers = iter(writer.write(prompts, MAX_NEW_TOKENS) if prompts else [])
    written: list[Written | None] = [None] * len(chosen)
    for number in first:
        written[number] = _upheld(next(answers), chosen[number], text, "written")
    answered = {passage.place for passage, sentence in zip(chosen, written, strict=True) if sentence}
    for number, answer in zip(second, answers, strict=True):
        if chosen[number].place not in answered:
            written[number] = _upheld(answer, chosen[number], text, "rewritten")
    return written


def _strongest(chosen: Sequence[Passage], numbers: Sequence[int]) -> list[int]:
    """For each place in the summary, which of the numbered passages bears most on it: the one that may be put once more."""
    best: dict[int, int] = {}
    for number in numbers:
        if chosen[number].score > chosen[best.setdefault(chosen[number].place, number)].score:
            best[chosen[number].place] = number
    return list(best.values())


def _upheld(answer: str, passage: Passage, text: str, origin: Origin) -> Written | None:
    """The answer's sentence where the passage bears it out, and what is cut from its end does not limit that.

    The passage is one sentence of the document, and is held as one: by its lines alone, a first one that is cut short would
    pass for a sentence of its own.
    """
    sentence = first_sentence(answer)
    if sentence is None or not supported(sentence, " ".join(text[passage.char_start : passage.char_end].split())):
        return None
    return (
        None if limits_left_out(sentence, text[passage.char_end : passage.sentence_end]) else Written(sentence, origin)
    )


def _told(
    document: ParsedDocument, passage: Passage, gaps: Sequence[Interval], written: Written | None
) -> SummarySentence:
    """The written sentence, or where there is none the document's own: the whole of it, or the passage where that is too long."""
    cited, sentence = (passage.char_start, passage.char_end), (passage.sentence_start, passage.sentence_end)
    if written:
        return SummarySentence(written.text, without(cited, gaps), written.origin)
    return _extracted(document, sentence if sentence[1] - sentence[0] <= WHOLE else cited, sentence, gaps)


def _extracted(
    document: ParsedDocument, cited: Interval, sentence: Interval, gaps: Sequence[Interval]
) -> SummarySentence:
    """The cited words, between ellipses where the sentence goes on."""
    pieces = without(cited, gaps)
    words = " ".join(word for start, end in pieces for word in document.text[start:end].split())
    return SummarySentence(
        "… " * (sentence[0] < cited[0]) + words + " …" * (cited[1] < sentence[1]), pieces, "extracted"
    )


def reduced(chosen: Sequence[Passage], told: Sequence[SummarySentence]) -> tuple[SummarySentence, ...]:
    """One sentence for each place in the summary, in order, with the citations of all that it is made of."""
    pairs = zip(chosen, told, strict=True)
    grouped = (list(group) for _, group in groupby(pairs, key=lambda pair: pair[0].place))
    return tuple(_one_of(group) for group in grouped)


def _one_of(pairs: Sequence[tuple[Passage, SummarySentence]]) -> SummarySentence:
    """Both written sentences in one, where that is no longer than a passage; else a written one before any other.

    Each half has been held against its own citations alone, so what is joined says nothing that they do not.
    """
    written = [sentence for _, sentence in pairs if sentence.origin != "extracted"]
    joined = "; ".join([*(sentence.text.rstrip(".!") for sentence in written[:-1]), *(s.text for s in written[-1:])])
    if len(written) > 1 and len(joined) <= LONGEST:
        origin: Origin = "rewritten" if any(sentence.origin == "rewritten" for sentence in written) else "written"
        return SummarySentence(joined, tuple(cited for one in written for cited in one.citations), origin)
    return max(pairs, key=lambda pair: (pair[1].origin != "extracted", pair[0].score))[1]


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


def unnumbered(sentence: str) -> str:
    """The sentence without its clause's number, of which a writer keeps a part: "2. 1. Buyer" of "4. 2. 1. Buyer"."""
    return _CLAUSE_NUMBER.sub("", sentence)


def first_sentence(answer: str) -> str | None:
    """The answer's first whole sentence; None where it is a fragment, a list or a stutter, or was cut off."""
    flat = _LABEL.sub("", answer.strip()).strip("\"'“”")
    spans = sentence_spans(flat)
    if not spans:
        return None
    sentence = flat[spans[0][0] : spans[0][1]]
    quoted = len(_QUOTE.findall(sentence)) % 2 == 0
    whole = sentence[-1] in ".!" and "\n" not in sentence and quoted and not _STUTTER.search(sentence)
    return sentence if whole and len(sentence.split()) >= FEWEST_WORDS else None
