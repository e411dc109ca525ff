"""Which device takes which layers of a writer, and whether there is room. Knows sizes and memory, neither weights nor prompts.

Nothing is ever placed on a disk: a layer would be read from it for every token.
"""

from collections.abc import Mapping
from typing import Any

import torch

from domain_models.runtime.device import Memory
from schemas.errors import ModelUnavailable

WORKING_SHARE = 0.1
WORKING_BYTES = 1_200_000_000
"""What each device holds beside its weights, for keys, values and activations: this and a share of its weights' size.

Measured on a CPU: SmolLM2-135M in float32 (0.54 GB) takes 0.94 GB more for five prompts of 1,536 tokens, and 1.18 GB for
eight of 1,024 with 200 tokens each to choose a span from.
"""

Placement = Mapping[str, int | str]
"""Modules by name (the whole model is "") to a GPU's number or "cpu", as accelerate and transformers have it."""

ON_CPU: Placement = {"": "cpu"}


def empty_model(config: Any, dtype: torch.dtype) -> Any:
    """The causal language model of a transformers config without its weights: shapes alone, no memory taken."""
    from transformers import AutoModelForCausalLM

    kinds: Any = AutoModelForCausalLM
    with torch.device("meta"):
        model = kinds.from_config(config, dtype=dtype, trust_remote_code=False)
    model.tie_weights()  # what is tied is loaded once
    return model


def weight_bytes(model: Any) -> int:
    """Bytes of a model's weights and buffers; it may be an empty one."""
    from accelerate.utils import compute_module_sizes

    size: int = compute_module_sizes(model)[""]
    return size


def place(model: Any, name: str, memory: Memory, may_offload: bool = True) -> Placement:
    """Where the layers of an (empty) model go: on one GPU where it fits on one, else over all GPUs and, with `may_offload`,
    the CPU's memory beside them; on the CPU where there is no GPU. `ModelUnavailable` where they do not fit.
    """
    needed = weight_bytes(model)
    rooms: dict[int | str, int] = {gpu: _room(free) for gpu, free in memory.gpus.items()}
    for gpu, room in rooms.items():
        if needed <= room:
            return {"": gpu}
    if rooms:
        placed = _spread(model, rooms | ({"cpu": _room(memory.cpu)} if may_offload else {}))
        if "disk" not in placed.values():
            return placed
    elif needed <= _room(memory.cpu):
        return ON_CPU
    raise ModelUnavailable(_too_big(name, needed, str(model.dtype).removeprefix("torch."), memory, may_offload))


def _room(free: int) -> int:
    """Bytes of weights that a device takes with so many free."""
    return max(0, int((free - WORKING_BYTES) / (1 + WORKING_SHARE)))


def _spread(model: Any, rooms: Mapping[int | str, int]) -> Placement:
    from accelerate.utils import get_balanced_memory, infer_auto_device_map

    whole = model._no_split_modules
    balanced = get_balanced_memory(model, dict(rooms), no_split_module_classes=whole)
    placed: Placement = infer_auto_device_map(model, balanced, no_split_module_classes=whole)
    return placed


def main_device(placement: Placement) -> torch.device:
    """Where a placed model takes its prompts and gives its answers: its first GPU, else the CPU."""
    gpus = sorted(place for place in placement.values() if isinstance(place, int))
    return torch.device("cuda", gpus[0]) if gpus else torch.device("cpu")


def _too_big(name: str, needed: int, dtype: str, memory: Memory, may_offload: bool) -> str:
    places = {f"GPU {gpu}": free for gpu, free in memory.gpus.items()}
    if may_offload or not places:
        places["memory"] = memory.cpu
    needed_too = needed * WORKING_SHARE + WORKING_BYTES * len(places)
    there = ", ".join(f"{place} {_gigabytes(free)}" for place, free in places.items())
    return (
        f"the writer {name} does not fit: it needs {_gigabytes(needed + needed_too)} GB "
        f"in {dtype}, {_gigabytes(needed)} of them weights, and {_gigabytes(sum(places.values()))} GB are free ({there}); "
        "choose a smaller one with --writer, or --no-summaries"
    )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f}"
