"""A batch of prompts read once, and what the model thinks of ways to go on. Knows tokens, neither passages nor answers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from domain_models.runtime.generator import Writer
from domain_models.runtime.prefixes import begin


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """Log-probabilities along a continuation: of each of its tokens, and of the end before each and after the last."""

    following: list[float]
    ending: list[float]


class Continuation:
    """Prompts padded on the left, with their keys and values kept; each row goes on by itself."""

    def __init__(self, writer: Writer, prompts: Sequence[Sequence[int]]) -> None:
        self.model, self.device = writer.model, writer.device
        self.pad: int = writer.tokenizer.pad_token_id
        begun = begin(writer.model, prompts, self.pad, self.device)
        self.mask = begun.mask
        self.cache: Any = begun.cache
        self.next = self._pass(begun.ids[:, begun.read :], last_only=True)[:, -1]

    def choose(self, wanted: Sequence[Collection[int]]) -> list[tuple[int, float]]:
        """For each row the likeliest of the wanted tokens, and its log-probability; padding where none is wanted."""
        chosen = []
        for row, tokens in enumerate(wanted):
            ordered = sorted(tokens)
            if not ordered:
                chosen.append((self.pad, 0.0))
                continue
            scores = self.next[row, torch.tensor(ordered, device=self.device)]
            best = int(scores.argmax())
            chosen.append((ordered[best], float(scores[best])))
        return chosen

    def feed(self, tokens: Sequence[int]) -> None:
        """Let each row go on by its token."""
        ids = torch.tensor([[token] for token in tokens], device=self.device)
        self._grow(ids)
        self.next = self._pass(ids)[:, -1]

    def likelihoods(self, continuations: Sequence[Sequence[int]], end_id: int) -> list[Likelihoods]:
        """What the model thinks of each row's continuation; the rows stay where they are."""
        longest = max(map(len, continuations))
        if not longest:
            return [Likelihoods([], [float(row[end_id])]) for row in self.next]
        here, mask = self.next, self.mask
        ids = torch.tensor([[*tokens, *[self.pad] * (longest - len(tokens))] for tokens in continuations])
        ids = ids.to(self.device)
        self._grow(ids)
        along = torch.cat([here.unsqueeze(1), self._pass(ids)], dim=1)
        self.cache.crop(-longest)
        self.next, self.mask = here, mask
        following = along[:, :-1].gather(2, ids.unsqueeze(2)).squeeze(2).tolist()
        ending = along[:, :, end_id].tolist()
        return [
            Likelihoods(of_row[: len(tokens)], ends[: len(tokens) + 1])
            for tokens, of_row, ends in zip(continuations, following, ending, strict=True)
        ]

    def _grow(self, ids: torch.Tensor) -> None:
        self.mask = torch.cat([self.mask, torch.ones_like(ids)], dim=1)

    def _pass(self, ids: torch.Tensor, last_only: bool = False) -> torch.Tensor:
        """Log-probabilities of the token after each of `ids`, float32, shape (rows, tokens, vocabulary)."""
        positions = (self.mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        output = self.model(
            input_ids=ids,
            attention_mask=self.mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1 if last_only else 0,
        )
        self.cache = output.past_key_values
        scores: torch.Tensor = output.logits.float().log_softmax(-1)
        return scores
