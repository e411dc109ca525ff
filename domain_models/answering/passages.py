"""What is read for a question: statements of a text, the sentences that answer, and the passage around them. Training cuts
texts as answering does.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from domain_models.sentences import Interval, sentence_spans, sentences_over

STATEMENT_CHARS = 500
"""The longest piece that is compared with a question by itself: some 126 tokens, all that its vector can tell."""
SHORT_CHARS = 60
"""A shorter sentence tells too little by itself: "Governing Law." says less than its clause. With what follows it, F1 of the
nearest sentence's words rose from 0.104 to 0.216 (144 questions to 24 dev contracts).
"""
PASSAGE_CHARS = 900
"""The longest passage: some 200 tokens, as the writer is trained on."""
ANSWER_CHARS = 2000
"""The longest answer; in 24 dev contracts ten of 7,486 sentences are longer, mostly what lost its marks in reading."""
BORDERS = tuple(map(re.compile, (r";(?=\s)", r",(?=\s)", r"\s")))
"""Where a long sentence is cut, the best first: not at the comma of "1,200"."""
HEADING_WORD = re.compile(r"[^\W\d_]{4,}")
NUMBERED = re.compile(r"\d+(?:\.\d+)*\.?\s+\S")


def statements(text: str) -> list[Interval]:
    """What is compared with a question: the sentences of a text, those longer than `STATEMENT_CHARS` in parts, a short one
    with what follows it, and a heading with what follows it and the rows of its table.
    """
    found: list[Interval] = []
    headed = named = False
    for start, end in (part for sentence in _sentences(text) for part in _parts(text, *sentence)):
        heading = _is_heading(text[start:end])
        begun = found[-1] if found else (start, start)
        short = 0 < begun[1] - begun[0] < SHORT_CHARS and not heading
        row = headed and "\t" in text[start:end]
        if (named or short or row) and end - begun[0] <= STATEMENT_CHARS + SHORT_CHARS * named:
            found[-1] = (begun[0], end)
        else:
            found.append((start, end))
            headed = heading
        named = heading
    return found


def answers(text: str, statement: Interval) -> list[Interval]:
    """What may answer of a statement: each sentence that it has or is part of, a heading with all behind it; last, all of it.
    Of a sentence longer than `ANSWER_CHARS` the statement alone.
    """
    touched = sentences_over(_sentences(text), *statement)
    end = touched[-1][1]
    if end - touched[0][0] > ANSWER_CHARS:
        return [statement]
    each = [(start, end if _is_heading(text[start:after]) else after) for start, after in touched]
    return [*each, (touched[0][0], end)]


@lru_cache(maxsize=4)  # one text is asked several questions
def _sentences(text: str) -> tuple[Interval, ...]:
    """The sentences of a text; a heading in capitals behind a line of a form is one by itself."""
    found: list[Interval] = []
    for start, end in sentence_spans(text):
        line = text.rfind("\n", start, end) + 1
        if line and text[line:end].isupper() and _is_heading(text[line:end]):
            found.append((start, start + len(text[start:line].rstrip())))
            start = line
        found.append((start, end))
    return tuple(found)


def _is_heading(sentence: str) -> bool:
    """Whether it only names what follows: short, without a mark, with a number before it or a capital at each longer word."""
    words = HEADING_WORD.findall(sentence)
    named = bool(NUMBERED.match(sentence)) or all(word[0].isupper() for word in words)
    marked = "\t" in sentence or ":" in sentence[:-1] or sentence[-1] in ".,;!?"
    return bool(words) and named and len(sentence) < SHORT_CHARS and not marked


def _parts(text: str, start: int, end: int) -> Iterator[Interval]:
    while end - start > STATEMENT_CHARS:
        middle, furthest = start + STATEMENT_CHARS // 2, start + STATEMENT_CHARS
        cuts = (max((mark.end() for mark in border.finditer(text, middle, furthest)), default=0) for border in BORDERS)
        cut = next(filter(None, cuts), furthest)
        yield start, cut
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end


def around(number: int, sentences: Sequence[Interval]) -> Interval:
    """The passage of the sentence with that number: it with its neighbours, now one behind it, now one before, as many as fit."""
    first = last = number
    grows = True
    while grows:
        grows = False
        for before, after in ((first, last + 1), (first - 1, last)):
            if before >= 0 and after < len(sentences) and sentences[after][1] - sentences[before][0] <= PASSAGE_CHARS:
                first, last, grows = before, after, True
                break
        if grows and first > 0 and sentences[last][1] - sentences[first - 1][0] <= PASSAGE_CHARS:
            first -= 1
    return sentences[first][0], sentences[last][1]
