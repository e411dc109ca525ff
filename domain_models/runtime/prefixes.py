"""Prompts that begin alike: what they share is read once and kept for each of them. Knows tokens and caches alone.

Prompts of a kind share what is asked; questions to one passage share the passage too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

LEAST_SHARED = 16
"""So many tokens at least are worth a pass of their own."""

Prompt = Sequence[int]


@dataclass(frozen=True)
class Begun:
    """Prompts padded on the left, shape (rows, tokens); `cache` has keys and values of the first `read` columns.

    A row that shares a shorter beginning than others is padded between it and the rest of its prompt as well.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    cache: Any
    read: int


def begin(model: Any, prompts: Sequence[Prompt], pad: int, device: torch.device, share: bool = True) -> Begun:
    """The prompts with what they `share` read already, where that saves tokens and the model's cache can be copied."""
    stems = shared_stems(prompts) if share else []
    cache = _copyable_cache(model) if any(stems) else None
    if cache is None:
        ids, mask = _padded(prompts, pad, device)
        return Begun(ids, mask, None, 0)
    beginnings = [tuple(prompt[:stem]) for prompt, stem in zip(prompts, stems, strict=True)]
    distinct = sorted(set(beginnings))
    ids, mask = _padded(distinct, pad, device)
    model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    rows = torch.tensor([distinct.index(beginning) for beginning in beginnings], device=device)
    cache.batch_select_indices(rows)
    rest, rest_mask = _padded([prompt[stem:] for prompt, stem in zip(prompts, stems, strict=True)], pad, device)
    return Begun(torch.cat([ids[rows], rest], 1), torch.cat([mask[rows], rest_mask], 1), cache, ids.shape[1])


def shared_stems(prompts: Sequence[Prompt]) -> list[int]:
    """How many of each prompt's first tokens to read once for all that begin so: whatever has the fewest tokens read,
    padding included. Every prompt keeps a token to go on with; zeros where sharing saves nothing.
    """
    order = sorted(range(len(prompts)), key=lambda number: tuple(prompts[number]))
    alike = [_alike(prompts[one], prompts[other]) for one, other in pairwise(order)]
    best, fewest = [0] * len(prompts), len(prompts) * max(map(len, prompts), default=0)
    for least in sorted({length for length in alike if length >= LEAST_SHARED}):
        stems = _stems(prompts, list(_groups(order, alike, least)))
        distinct = {tuple(prompt[:stem]) for prompt, stem in zip(prompts, stems, strict=True)}
        rest = max(len(prompt) - stem for prompt, stem in zip(prompts, stems, strict=True))
        tokens = len(distinct) * max(stems) + len(prompts) * rest
        if tokens < fewest:
            best, fewest = stems, tokens
    return best


def _groups(order: Sequence[int], alike: Sequence[int], least: int) -> Iterator[list[int]]:
    """Neighbours in `order` that begin with `least` or more of the same tokens; `alike` says how many two neighbours do."""
    group = [order[0]]
    for number, shared in zip(order[1:], alike, strict=True):
        if shared < least:
            yield group
            group = []
        group.append(number)
    yield group


def _stems(prompts: Sequence[Prompt], groups: Sequence[Sequence[int]]) -> list[int]:
    """What each group shares; a prompt alone is read as far as the longest of them, since padding would cost as much."""
    stems = [0] * len(prompts)
    for group in groups:
        for number in group if len(group) > 1 else ():
            stems[number] = _alike(prompts[group[0]], prompts[group[-1]])  # in order, so these two differ most
    longest = max(stems)
    return [stem or min(longest, len(prompt) - 1) for prompt, stem in zip(prompts, stems, strict=True)]


def _alike(one: Prompt, other: Prompt) -> int:
    """How many of their first tokens are the same; never all of one of them."""
    most = min(len(one), len(other)) - 1
    return next((place for place in range(most) if one[place] != other[place]), max(most, 0))


def _padded(prompts: Sequence[Prompt], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, shape (rows, tokens), padded on the left."""
    longest = max(map(len, prompts))
    ids = [[pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _copyable_cache(model: Any) -> Any:
    """An empty cache for the model, where it keeps all tokens' keys and values and nothing else; None for any other."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    if not model._supports_default_dynamic_cache():
        return None
    cache = DynamicCache(config=model.config.get_text_config(decoder=True))
    return cache if all(type(layer) is DynamicLayer for layer in cache.layers) else None
