"""Encoder layers in 8-bit integers, for processors that multiply those four times as fast as float32 numbers.

A weight is scaled by its output channel, an activation by its token (as ZeroQuant does, Yao et al. 2022), so no token's
numbers depend on which others are read beside it. Products are summed in 32 bits, exactly.
"""

from typing import Any

import torch
from transformers.activations import GELUActivation
from transformers.models.bert.modeling_bert import BertLayer

LARGEST = 127  # of 8 bits, the same on both sides of 0
LEAST = 1e-9  # a token of zeros has a scale too


class Int8Linear(torch.nn.Module):
    """Does what float32 `Linear`s of the same input do, side by side, for reading alone; shapes (..., in) to (..., out)."""

    def __init__(self, *linears: torch.nn.Linear) -> None:
        super().__init__()
        weight, scale = _rounded(torch.cat([linear.weight.detach() for linear in linears]))
        self.weight = torch.nn.Buffer(weight)
        self.scale = torch.nn.Buffer(scale.flatten())
        self.bias = torch.nn.Buffer(torch.cat([linear.bias.detach() for linear in linears]))

    def forward(self, hidden: torch.Tensor, spent: bool = False) -> torch.Tensor:
        """The layers' outputs in float32; what is `spent` may be written over."""
        rounded, scale = _rounded(hidden.flatten(0, -2), spent)
        product = torch._int_mm(rounded, self.weight.t()).float()
        return product.mul_(self.scale).mul_(scale).add_(self.bias).view(*hidden.shape[:-1], -1)


class Int8BertLayer(torch.nn.Module):
    """Does what a layer of BERT does, to the last bit as with an `Int8Linear` for each of its `Linear`s.

    A tenth faster than so: what query, key and value read is rounded once, and what nobody reads again is written over.
    """

    def __init__(self, layer: BertLayer) -> None:
        super().__init__()
        attention = layer.attention.self
        self.heads = attention.num_attention_heads
        self.attended = Int8Linear(attention.query, attention.key, attention.value)
        self.projected = Int8Linear(layer.attention.output.dense)
        self.attended_norm = layer.attention.output.LayerNorm
        self.widened = Int8Linear(layer.intermediate.dense)
        activation = layer.intermediate.intermediate_act_fn
        self.activation = torch.ops.aten.gelu_ if isinstance(activation, GELUActivation) else activation
        self.narrowed = Int8Linear(layer.output.dense)
        self.norm = layer.output.LayerNorm

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor | None = None, *_: Any, **__: Any) -> Any:
        """Shape (batch, tokens, hidden size) to the same."""
        query, key, value = self.attended(hidden).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        context = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=attention_mask)
        projected = self.projected(context.transpose(1, 2).flatten(2), spent=True)
        attended = self.attended_norm(projected.add_(hidden))
        widened = self.activation(self.widened(attended))
        return self.norm(self.narrowed(widened, spent=True).add_(attended))


def use_int8(module: torch.nn.Module) -> None:
    """Puts an `Int8BertLayer` in place of every layer of BERT within, and an `Int8Linear` of every other `Linear` with a bias."""
    for name, child in list(module.named_children()):
        if isinstance(child, BertLayer):
            setattr(module, name, Int8BertLayer(child))
        elif isinstance(child, torch.nn.Linear) and child.bias is not None:
            setattr(module, name, Int8Linear(child))
        else:
            use_int8(child)


def _rounded(rows: torch.Tensor, spent: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows in 8 bits, and the scales that they have to be multiplied with, shape (rows, 1)."""
    farthest = torch.maximum(rows.amax(-1, keepdim=True), rows.amin(-1, keepdim=True).neg_())
    scale = farthest.clamp_(min=LEAST).div_(LARGEST)
    steps = rows.mul_(scale.reciprocal()) if spent else rows * scale.reciprocal()
    return steps.round_().to(torch.int8), scale
