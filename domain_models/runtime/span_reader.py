"""Answers that are words of their passage: the writer chooses a span and cannot write anything else.

Decoding is greedy over the paths that the passage allows (`domain_models.runtime.span_paths`). As soon as one place is
left, all that may follow is known, so one pass over the rest of the passage scores every end at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from domain_models.answering.prompt import question_prompt
from domain_models.runtime.continuation import Continuation, Likelihoods
from domain_models.runtime.device import alone
from domain_models.runtime.generator import Writer, length_batches
from domain_models.runtime.span_paths import PassageTokens, Path, allowed, first_paths, follow, passage_tokens
from domain_models.sentences import Interval
from schemas.errors import ModelUnavailable

MARK = "\ue000"
"""Stands where the passage goes while its place in the prompt is looked for; a character of no script."""
WALK_TOKENS = 12
"""So many tokens at most are chosen one by one; whoever has said the same so far is a repetition, and the first counts."""
ANSWER_TOKENS = 160
"""The longest answer; the longest in a hundred of the labelled clauses of the training contracts is longer."""


class Choice(Protocol):
    """A passage that the model reads whole, the half-open characters of it that the answer is chosen from, and what is asked."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def choice(self) -> tuple[int, int]:
        """Where the answer stands."""

    @property
    def question(self) -> str:
        """What it answers."""


@dataclass(frozen=True)
class _Row:
    """A question as the model reads it; `passage` begins at character `offset` of what it was asked about."""

    prompt: list[int]
    passage: PassageTokens
    offset: int

    def span(self, first: int, after: int) -> Interval:
        """The characters, in the passage, of the tokens from `first` up to `after`."""
        start, end = self.passage.span(first, after)
        return start + self.offset, end + self.offset


@dataclass(frozen=True, slots=True)
class _Walked:
    """An answer that is begun: the places that it may stand at, and the log-probabilities of its tokens so far."""

    paths: tuple[Path, ...]
    scores: tuple[float, ...]
    ended: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether it has ended or stands at one place."""
        return self.ended or len(self.paths) < 2

    def allowed(self, passage: PassageTokens, end_id: int) -> set[int]:
        """The tokens that may come next."""
        return set() if self.ended else allowed(passage, self.paths, bool(self.scores), end_id)

    def step(self, passage: PassageTokens, token: int, score: float, end_id: int) -> "_Walked":
        """The answer with one token more, or ended."""
        if self.ended or not self.paths:
            return self
        scores = (*self.scores, score)
        if token == end_id:
            return _Walked(tuple(path for path in self.paths if path.may_end(passage))[:1], scores, ended=True)
        return _Walked(tuple(follow(passage, self.paths, token)), scores)

    def rest(self, passage: PassageTokens) -> list[int]:
        """What can still follow at its first place."""
        if self.ended or not self.paths:
            return []
        room = max(0, ANSWER_TOKENS - len(self.scores))
        return [*self.paths[0].head, *passage.ids[self.paths[0].after :]][:room]


class SpanReader:
    """Reads answers with a writer. Not thread-safe; the same passages in the same order get the same answers."""

    def __init__(self, writer: Writer) -> None:
        if not writer.tokenizer.is_fast:
            raise ModelUnavailable("this writer's tokenizer tells no character places; questions need one that does")
        self.writer = writer
        self.end_id: int = writer.tokenizer.eos_token_id

    def read(self, passages: Sequence[Choice]) -> list[Interval]:
        """The half-open characters of each passage that the writer would answer its question with, in the order given.

        Those whose mean log-probability, with the end behind them, is highest; (0, 0) in a passage without words.
        """
        rows = [self._row(passage) for passage in passages]
        reads: list[Interval] = [(0, 0)] * len(rows)
        for batch in length_batches([len(row.prompt) for row in rows]):
            for index, read in zip(batch, self._read_batch([rows[i] for i in batch]), strict=True):
                reads[index] = read
        return reads

    def _spell(self, words: Sequence[str]) -> list[list[int]]:
        if not words:
            return []
        ids: list[list[int]] = self.writer.tokenizer(list(words), add_special_tokens=False)["input_ids"]
        return ids

    def _row(self, asked: Choice) -> _Row:
        start = self.writer.as_chat(question_prompt(MARK, asked.question)).index(MARK)
        chat = self.writer.as_chat(question_prompt(asked.text, asked.question))
        encoding = self.writer.tokenizer([chat], add_special_tokens=False).encodings[0]
        within = (start + asked.choice[0], start + asked.choice[1])
        return _Row(encoding.ids, passage_tokens(chat, encoding, self._spell, within), asked.choice[0])

    @alone
    @torch.inference_mode()
    def _read_batch(self, rows: Sequence[_Row]) -> list[Interval]:
        run = Continuation(self.writer, [row.prompt for row in rows])
        begun = self._walk(run, rows)
        rests = [walked.rest(row.passage) for row, walked in zip(rows, begun, strict=True)]
        after = run.likelihoods(rests, self.end_id)
        return [_span(*one) for one in zip(rows, begun, after, strict=True)]

    def _walk(self, run: Continuation, rows: Sequence[_Row]) -> list[_Walked]:
        """Each row's answer as far as several places of its passage begin alike."""
        walked = [_Walked(tuple(first_paths(row.passage)), ()) for row in rows]
        for _ in range(WALK_TOKENS):
            if all(one.is_decided for one in walked):
                break
            wanted = [one.allowed(row.passage, self.end_id) for row, one in zip(rows, walked, strict=True)]
            chosen = run.choose(wanted)
            walked = [
                one.step(row.passage, token, likelihood, self.end_id)
                for row, one, (token, likelihood) in zip(rows, walked, chosen, strict=True)
            ]
            run.feed([token for token, _ in chosen])
        return walked


def _span(row: _Row, walked: _Walked, after: Likelihoods) -> Interval:
    """The span that the answer comes to, at the end that makes its mean log-probability highest; empty without a word."""
    if not walked.paths:
        return 0, 0
    path, scores = walked.paths[0], walked.scores
    if walked.ended:
        return row.span(path.first, path.after)
    ends = []
    total = sum(scores)
    for number, ending in enumerate(after.ending):
        if path.may_end(row.passage) and (scores or number):
            ends.append(((total + ending) / (len(scores) + number + 1), path.after))
        if number < len(after.following):
            total += after.following[number]
            path = path.step()
    return row.span(path.first, max(ends)[1]) if ends else (0, 0)
