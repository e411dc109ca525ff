"""Linear layers in 8-bit integers, for processors that multiply those four times as fast as float32 numbers.

A weight is scaled by its output channel, an activation by its token (as ZeroQuant does, Yao et al. 2022), so no token's
numbers depend on which others are read beside it. Products are summed in 32 bits, exactly.
"""

import torch

LARGEST = 127  # of 8 bits, the same on both sides of 0
LEAST = 1e-9  # a token of zeros has a scale too


class Int8Linear(torch.nn.Module):
    """Does what a float32 `Linear` does, for reading alone; shapes (..., in) to (..., out)."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        weight, scale = _rounded(linear.weight.detach())
        self.weight = torch.nn.Buffer(weight)
        self.scale = torch.nn.Buffer(scale.flatten())
        self.bias = torch.nn.Buffer(linear.bias.detach())

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """The layer's outputs in float32."""
        rounded, scale = _rounded(hidden.flatten(0, -2))
        product = torch._int_mm(rounded, self.weight.t()).float()
        return product.mul_(self.scale).mul_(scale).add_(self.bias).view(*hidden.shape[:-1], -1)


def use_int8(encoder: torch.nn.Module) -> None:
    """Puts an `Int8Linear` in place of every `Linear` of the encoder that has a bias."""
    for module in list(encoder.modules()):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.Linear) and child.bias is not None:
                setattr(module, name, Int8Linear(child))


def _rounded(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows in 8 bits, and the scales that they have to be multiplied with, shape (rows, 1)."""
    farthest = torch.maximum(rows.amax(-1, keepdim=True), rows.amin(-1, keepdim=True).neg_())
    scale = farthest.clamp_(min=LEAST).div_(LARGEST)
    return (rows * scale.reciprocal()).round_().to(torch.int8), scale
