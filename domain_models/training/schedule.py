"""The course of learning rates that all training here follows."""

import torch


def rise_and_fall(optimizer: torch.optim.Optimizer, steps: int, warmup: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Learning rates up in a line over the `warmup` steps, then down to zero at the last step."""
    falling = steps - warmup
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, max(0.0, (steps - step) / falling))
    )
