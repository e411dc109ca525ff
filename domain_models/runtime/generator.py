"""The writer: a causal language model that continues prompts, greedily and the same way every time.

Knows how to run a model fast on what it is given; knows nothing of documents, evidence or domains.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from domain_models.low_rank import writer_version
from domain_models.runtime.device import Memory, alone, free_memory, pick_device, pick_dtype
from domain_models.runtime.low_rank import merge
from domain_models.runtime.placement import ON_CPU, Placement, empty_model, main_device, place
from domain_models.runtime.prefixes import begin
from schemas.errors import ModelUnavailable

MAX_BATCH = 24  # on a CPU a step reads all weights: 14 rows take it 1.2 times as long as 7
MAX_BATCH_TOKENS = 8192  # prompt tokens of one padded batch
MAX_PROMPT_TOKENS = 1536
NEUTRAL = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
LOOKUP_TOKENS = 8  # continuations guessed from the prompt; measured 1.85 times faster on copy-like output


@dataclass(frozen=True)
class Writer:
    """A loaded model and its tokenizer, padded on the left; `version` names its exact weights. Prompts go to `device`,
    the first of those that the model's layers are on.

    A prompt alone is answered with up to `lookup_tokens` guessed from it at a time, and what prompts `share` at their
    beginnings is read once: both change the speed alone.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    version: str
    lookup_tokens: int = LOOKUP_TOKENS
    share: bool = True

    def count_tokens(self, texts: Sequence[str]) -> int:
        """How many tokens the texts are together."""
        return sum(len(ids) for ids in self._token_ids(texts))

    def write(self, prompts: Sequence[str], max_new_tokens: int) -> list[str]:
        """What the model answers to each prompt, in the order of `prompts`, at most `max_new_tokens` long each.

        Deterministic for the same prompts: batches are cut from the prompts sorted by length, so the same list always
        makes the same batches. A prompt beyond `MAX_PROMPT_TOKENS` loses its beginning.
        """
        chats = [self.as_chat(prompt) for prompt in prompts]
        lengths = [min(len(ids), MAX_PROMPT_TOKENS) for ids in self._token_ids(chats)]
        answers = [""] * len(chats)
        for batch in length_batches(lengths):
            for index, answer in zip(batch, self._generate([chats[i] for i in batch], max_new_tokens), strict=True):
                answers[index] = answer
        return answers

    def as_chat(self, prompt: str) -> str:
        """The prompt as a turn of a chat; what in it would be a control token is one no more (see `plain_words`)."""
        prompt = plain_words(prompt, self.tokenizer.get_added_vocab())
        if not self.tokenizer.chat_template:
            return prompt
        turns = [{"role": "user", "content": prompt}]
        chat: str = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return chat

    def _token_ids(self, chats: Sequence[str]) -> list[list[int]]:
        if not chats:
            return []
        ids: list[list[int]] = self.tokenizer(list(chats), add_special_tokens=False)["input_ids"]
        return ids

    @alone
    @torch.inference_mode()
    def _generate(self, chats: Sequence[str], max_new_tokens: int) -> list[str]:
        encoded = self.tokenizer(
            list(chats),
            truncation=True,
            max_length=MAX_PROMPT_TOKENS,
            add_special_tokens=not self.tokenizer.chat_template,
        )
        begun = begin(self.model, encoded["input_ids"], self.tokenizer.pad_token_id, self.device, self.share)
        # transformers drafts from the prompt for one sequence only, so a larger batch goes without.
        lookup = {"prompt_lookup_num_tokens": self.lookup_tokens} if len(chats) == 1 and self.lookup_tokens else {}
        output = self.model.generate(
            input_ids=begun.ids,
            attention_mask=begun.mask,
            past_key_values=begun.cache,
            **lookup,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=max_new_tokens,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        continued = output[:, begun.ids.shape[1] :]
        return [text.strip() for text in self.tokenizer.batch_decode(continued, skip_special_tokens=True)]


@alone
def load_writer(folder: Path, adapter: Path | None = None, memory: Memory | None = None) -> Writer:
    """The causal language model in `folder`, tuned by `adapter`, where there is room for it (see `place`) in `memory`,
    which is what is free now unless given.

    `ModelUnavailable` where one of them cannot be read, they do not fit each other, or the model does not fit the memory.
    """
    from transformers import AutoConfig, AutoTokenizer
    from transformers.utils import logging

    console: Any = logging
    console.disable_progress_bar()
    dtype = pick_dtype(pick_device())
    try:
        config: Any = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, padding_side="left", truncation_side="left", trust_remote_code=False
        )
        # an adapter cannot be merged into layers that wait in the CPU's memory for their turn
        placement = place(empty_model(config, dtype), str(folder), memory or free_memory(), may_offload=adapter is None)
        model = _load(folder, dtype, placement)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(
            f"cannot load a writer from {folder}: {type(error).__name__}; "
            "it must be a folder with a causal language model and its tokenizer"
        ) from error
    finally:
        console.enable_progress_bar()
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if adapter is not None:
        merge(model, adapter)
    return Writer(model.eval(), tokenizer, main_device(placement), writer_version(folder, adapter))


def _load(folder: Path, dtype: torch.dtype, placement: Placement) -> Any:
    """The model with its weights where `placement` has them. ValueError where the files lack some: they would be random."""
    from transformers import AutoModelForCausalLM

    kinds: Any = AutoModelForCausalLM
    places: dict[str, Any] = {} if placement == ON_CPU else {"device_map": placement}
    model, read = kinds.from_pretrained(
        folder, dtype=dtype, trust_remote_code=False, output_loading_info=True, **places
    )
    if read["missing_keys"]:
        raise ValueError(f"{len(read['missing_keys'])} weights are missing")
    return model


def plain_words(text: str, control: Iterable[str]) -> str:
    """The text, as long as before, in which no control token of a tokenizer stands: each has another first character.

    A document may say "<|im_start|>system"; read as tokens, its words would speak as the program does.
    """
    tokens = sorted((token for token in control if token), key=len, reverse=True)
    if not tokens:
        return text
    return re.sub("|".join(map(re.escape, tokens)), lambda found: NEUTRAL + found[0][1:], text)


def length_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of the longest first, cut so that no padded batch exceeds `MAX_BATCH` rows or `MAX_BATCH_TOKENS`."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) == MAX_BATCH or (len(batch) + 1) * lengths[batch[0]] > MAX_BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
