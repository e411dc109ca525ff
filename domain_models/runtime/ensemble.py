"""Several taggers read as one. Networks that err differently err less together.

A span head's outputs are joined by the mean of their logits (a logarithmic opinion pool), which on dev finds more of the
clauses at the same precision; a bio head's by the mean of their probabilities, which there is as good and better calibrated.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from domain_models.adapter import load_config, members
from domain_models.decoding.scores import Probabilities, TokenScores
from domain_models.heads import Head
from domain_models.runtime.device import pick_device, reads_in_int8
from domain_models.runtime.tagger import Tagger
from schemas.errors import ModelUnavailable

LEAST = 1e-7  # what single precision can tell from a certainty


class Ensemble:
    """Taggers that have the same heads and cut a text into the same tokens. Each reads every text."""

    def __init__(self, taggers: Sequence[Tagger]) -> None:
        self.taggers = taggers

    def read(self, texts: Sequence[str]) -> Iterator[TokenScores]:
        """Each text's scores, in the order given. ModelUnavailable where the taggers' tokens differ."""
        for together in zip(*(tagger.read(texts) for tagger in self.taggers), strict=True):
            yield _pooled(together, self.taggers[0].config.heads)


def load_reader(adapter: Path, base_folder: Callable[[str], Path]) -> Tagger | Ensemble:
    """The adapter's tagger, or the ensemble that its config names; `base_folder` gives a base model's folder.

    An ensemble is chosen for what it finds, so it reads in the device's own numbers: 8 bits cost the medical one up to 0.01 of F1.
    """
    configs = {folder: load_config(folder) for folder in members(adapter)}
    heads = configs[adapter].heads
    for folder, config in configs.items():
        if config.heads != heads:
            raise ModelUnavailable(f"adapter at {folder} has other heads than {adapter}, which reads with it")
    if len(configs) == 1:
        return Tagger(adapter, base_folder(configs[adapter].base), in_int8=reads_in_int8(pick_device()))
    return Ensemble([Tagger(folder, base_folder(config.base)) for folder, config in configs.items()])


def _pooled(together: Sequence[TokenScores], heads: Sequence[Head]) -> TokenScores:
    tokens = together[0].tokens
    if any(not np.array_equal(tokens.ends, other.tokens.ends) for other in together):
        raise ModelUnavailable("an ensemble's base models cut this text into different tokens; take one adapter alone")
    return TokenScores(
        tokens, {head.name: _pool([scores.heads[head.name] for scores in together], head) for head in heads}
    )


def _pool(said: Sequence[Probabilities], head: Head) -> Probabilities:
    if head.scheme == "bio":
        return np.asarray(np.mean(said, axis=0), np.float32)
    yes, no = _geometric_mean(said), _geometric_mean([1 - probabilities for probabilities in said])
    return np.asarray(yes / (yes + no), np.float32)


def _geometric_mean(said: Sequence[Probabilities]) -> Probabilities:
    logs = sum(np.log(np.maximum(probabilities, LEAST)) for probabilities in said)
    return np.asarray(np.exp(logs / len(said)), np.float32)
