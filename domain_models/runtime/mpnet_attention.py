"""MPNet's attention by torch's fused kernel, which takes its relative position bias as a mask.

transformers has the plain path alone for it: 12 tables of 512 by 512 probabilities a window, written and read six times.
"""

from types import MethodType
from typing import Any

import torch


def fuse_attention(encoder: torch.nn.Module) -> None:
    """Has every attention layer of an MPNet encoder use the fused kernel; other encoders stay as they are."""
    for module in encoder.modules():
        if type(module).__name__ == "MPNetSelfAttention":
            fused: Any = module
            fused.forward = MethodType(_attend, module)


def _attend(
    self: Any, hidden_states: torch.Tensor, attention_mask: torch.Tensor | None = None, *further: Any, **named: Any
) -> tuple[torch.Tensor]:
    """As `MPNetSelfAttention.forward`; shape (batch, tokens, hidden size). `further` holds the position bias."""
    bias = next((value for value in (named.get("position_bias"), *further) if isinstance(value, torch.Tensor)), None)
    heads = (*hidden_states.shape[:-1], self.num_attention_heads, self.attention_head_size)
    query, key, value = (layer(hidden_states).view(heads).transpose(1, 2) for layer in (self.q, self.k, self.v))
    masks = [mask.to(query.dtype) for mask in (bias, attention_mask) if mask is not None]
    context = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=sum(masks[1:], masks[0]) if masks else None
    )
    return (self.o(context.transpose(1, 2).flatten(2)),)
