"""What is read for a question: statements of a text, the clauses of one, and the passage around it. Training cuts texts as
answering does.
"""

import re
from collections.abc import Iterator, Sequence

from domain_models.sentences import Interval, sentence_spans

STATEMENT_CHARS = 500
"""The longest piece that is compared with a question by itself: some 126 tokens, all that its vector can tell."""
SHORT_CHARS = 60
"""A shorter sentence tells too little by itself: "Governing Law." says less than its clause. With what follows it, F1 of the
nearest sentence's words rose from 0.104 to 0.216 (144 questions to 24 dev contracts).
"""
PASSAGE_CHARS = 900
"""The longest passage: some 200 tokens, as the writer is trained on."""
BORDERS = tuple(map(re.compile, (r";(?=\s)", r",(?=\s)", r"\s")))
"""Where a long sentence is cut, the best first: not at the comma of "1,200"."""
HEADING_WORD = re.compile(r"[^\W\d_]{4,}")
CLAUSE_END = re.compile(r"[;,](?=\s)")
"""A clause ends at a semicolon, and at a comma if it has a figure."""


def statements(text: str) -> list[Interval]:
    """The sentences of a text, those longer than `STATEMENT_CHARS` in parts that end with a clause or a word, and a heading,
    or a short sentence before no heading, with what follows it.
    """
    found: list[Interval] = []
    after_heading = False
    for start, end in (part for sentence in sentence_spans(text) for part in _parts(text, *sentence)):
        heading = _is_heading(text[start:end])
        short = bool(found) and found[-1][1] - found[-1][0] < SHORT_CHARS
        if found and (after_heading or (short and not heading)) and end - found[-1][0] <= STATEMENT_CHARS:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        after_heading = heading
    return found


def _is_heading(sentence: str) -> bool:
    """Whether the sentence only names what follows: short, with a capital at each longer word and no mark at its end."""
    words = HEADING_WORD.findall(sentence)
    named = bool(words) and all(word[0].isupper() for word in words)
    return named and len(sentence) < SHORT_CHARS and "\t" not in sentence and sentence.rstrip()[-1] not in ".,;!?"


def _parts(text: str, start: int, end: int) -> Iterator[Interval]:
    while end - start > STATEMENT_CHARS:
        middle, furthest = start + STATEMENT_CHARS // 2, start + STATEMENT_CHARS
        cuts = (max((mark.end() for mark in border.finditer(text, middle, furthest)), default=0) for border in BORDERS)
        cut = next(filter(None, cuts), furthest)
        yield start, cut
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end


def clauses(statement: str) -> list[Interval]:
    """What of a statement may answer by itself: its sentences, each in its clauses ("blood loss 25 mL, fluids 1,200 mL" are
    two, and a list without figures is one, since a part of what is listed is a wrong answer), and a heading with all behind it.
    """
    found: list[Interval] = []
    for start, end in sentence_spans(statement):
        if _is_heading(statement[start:end]):
            found.append((start, len(statement)))
            continue
        for mark in CLAUSE_END.finditer(statement, start, end):
            if mark[0] == ";" or any(letter.isdigit() for letter in statement[start : mark.start()]):
                found.append((start, mark.end()))
                start = mark.end()
        if statement[start:end].strip():
            found.append((start, end))
    return found


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
