"""The tagger network: a base encoder and one linear layer per head. Knows tensors, not documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from domain_models.heads import Head
from domain_models.runtime.device import pick_device, pick_dtype
from domain_models.runtime.mpnet_attention import fuse_attention


class TaggerNetwork(torch.nn.Module):
    """Scores every token for every label of every head in one pass of the encoder.

    Logits start at a bias of -5 for `span` heads (a label covers few tokens), which spares the first epoch.
    """

    def __init__(self, base: Path, heads: Sequence[Head], hidden_dropout: float = 0.0) -> None:
        super().__init__()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        config = AutoConfig.from_pretrained(base)
        # Attention dropout stays off: it forces the slow attention path (5x on CPU).
        config.attention_probs_dropout_prob = 0.0
        config.hidden_dropout_prob = hidden_dropout
        device = pick_device()
        # On 2 CPU cores at 512 tokens the fused path reads twice as fast in float32 (7,700 against 3,750 tokens/s),
        # and a third slower in bf16. None takes it where the base model has it; MPNet has not, see `fuse_attention`.
        plain = device.type == "cpu" and pick_dtype(device) is torch.bfloat16
        self.encoder = AutoModel.from_pretrained(
            base, config=config, dtype=torch.float32, attn_implementation="eager" if plain else None
        )
        fuse_attention(self.encoder)
        if getattr(self.encoder, "pooler", None) is not None:
            self.encoder.pooler = None
        self.heads = torch.nn.ModuleDict({head.name: torch.nn.Linear(config.hidden_size, head.width) for head in heads})
        for head in heads:
            layer = self.heads[head.name]
            assert isinstance(layer, torch.nn.Linear)
            torch.nn.init.normal_(layer.weight, std=0.02)
            torch.nn.init.constant_(layer.bias, -5.0 if head.scheme == "span" else 0.0)

    def encode(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Last hidden states, shape (batch, tokens, hidden size)."""
        hidden: torch.Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return hidden

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, names: Sequence[str]
    ) -> Mapping[str, torch.Tensor]:
        """Logits of the named heads, each of shape (batch, tokens, head width)."""
        hidden = self.encode(input_ids, attention_mask)
        return {name: self.heads[name](hidden) for name in names}
