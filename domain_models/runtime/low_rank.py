"""A writer's adapter put to use: its low-rank update added to the base model's weights, once, when it is loaded.

The stored tensors are the two factors of each module's update in bf16, `MODULE.lora_A` (rank, in) and `MODULE.lora_B`
(out, rank). A merged model runs exactly as fast as its base and needs no further library.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file

from domain_models.low_rank import WEIGHTS, load_low_rank_config
from schemas.errors import ModelUnavailable

DOWN, UP = ".lora_A", ".lora_B"


@torch.no_grad()
def merge(model: torch.nn.Module, folder: Path) -> None:
    """Adds the update of the adapter in `folder` to the model's own weights; ModelUnavailable where it does not fit."""
    config = load_low_rank_config(folder)
    factors = load_file(folder / WEIGHTS)
    weights = dict(model.named_parameters())
    for name in sorted(name.removesuffix(DOWN) for name in factors if name.endswith(DOWN)):
        weight = weights.get(f"{name}.weight")
        down, up = factors[name + DOWN], factors[name + UP]
        if weight is None or weight.shape != (up.shape[0], down.shape[1]):
            raise ModelUnavailable(
                f"the adapter at {folder} does not fit this writer: module {name!r}; it was made for {config.base!r}"
            )
        update = config.scale * (up.float() @ down.float())
        weight.add_(update.to(weight.device, weight.dtype))
