"""Low-rank updates put to use: added to a base model's weights, once, when it is loaded.

The stored tensors are the two factors of each module's update in bf16, `MODULE.lora_A` (rank, in) and `MODULE.lora_B`
(out, rank). A merged model runs exactly as fast as its base and needs no further library.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file

from domain_models.low_rank import WEIGHTS, load_low_rank_config
from schemas.errors import ModelUnavailable

DOWN, UP = ".lora_A", ".lora_B"


@torch.no_grad()
def merge(model: torch.nn.Module, folder: Path) -> None:
    """Adds the update of the writer's adapter in `folder` to the model; ModelUnavailable where it does not fit."""
    config = load_low_rank_config(folder)
    misfit = add_updates(model, load_file(folder / WEIGHTS), config.scale)
    if misfit:
        raise ModelUnavailable(
            f"the adapter at {folder} does not fit this writer: module {misfit!r}; it was made for {config.base!r}"
        )


@torch.no_grad()
def add_updates(model: torch.nn.Module, factors: Mapping[str, torch.Tensor], scale: float) -> str | None:
    """Adds `scale * B A` to every module that has both factors; stops at a module that does not fit, and names it."""
    weights = dict(model.named_parameters())
    for name in sorted(name.removesuffix(DOWN) for name in factors if name.endswith(DOWN)):
        weight = weights.get(f"{name}.weight")
        down, up = factors[name + DOWN], factors[name + UP]
        if weight is None or weight.shape != (up.shape[0], down.shape[1]):
            return name
        update = scale * (up.float() @ down.float())
        weight.add_(update.to(weight.device, weight.dtype))
    return None


def stored_name(parameter: str) -> str:
    """The name under which peft's parameter is stored."""
    return parameter.removeprefix("base_model.model.").replace(".default.weight", "")
