"""The course of learning rates that all training here follows."""

import time

import torch


class Clock:
    """Which share of the seconds that training may take is spent, from its making; 0 for ever without a limit."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.started = time.monotonic()

    def spent(self) -> float:
        """The share, above 1 when time is over."""
        return (time.monotonic() - self.started) / self.seconds if self.seconds else 0.0


def rise_and_fall(
    optimizer: torch.optim.Optimizer, steps: int, warmup: int, clock: Clock | None = None
) -> torch.optim.lr_scheduler.LRScheduler:
    """Learning rates up in a line over the `warmup` steps, then down to zero at the last step, or when time is over."""
    falling = steps - warmup
    clock = clock or Clock()
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / warmup, max(0.0, min((steps - step) / falling, 1 - clock.spent()))),
    )
