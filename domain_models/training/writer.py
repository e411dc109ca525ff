"""Trains a writer's adapter by a recipe: a low-rank update, the loss taken on the answers alone.

    accelerate launch -m domain_models.training.writer RECIPE --data ../shared/data --base FOLDER --out FOLDER

Same seed, data and machine give the same adapter. Works on CPU and on one or more GPUs.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from domain_models import get_domain
from domain_models.answering.prompt import PROMPT_VERSION
from domain_models.description import load_description
from domain_models.low_rank import WEIGHTS, LowRankConfig, save_low_rank_config
from domain_models.outline import load_outline
from domain_models.runtime.device import pick_device, pick_dtype
from domain_models.training.schedule import rise_and_fall
from domain_models.training.writer_examples import WriterExample, describe, make_examples, read_pairs
from domain_models.training.writer_recipe import WriterRecipe, load_writer_recipe

SAVE_EVERY_SECONDS = 240
SORTED_BATCHES = 8  # so many batches' examples are sorted by length together, so that little is padding
CHECKED = 8  # rows


@dataclass(frozen=True)
class WriterBatch:
    """Prompts without their last token, padded on the left, and what follows, padded on the right.

    `following`: (batch, tokens), a prompt's last token and the answer without its own last; `answers`: the same shape,
    what is to be written after each, -100 on padding.
    """

    prompts: torch.Tensor
    prompt_mask: torch.Tensor
    following: torch.Tensor
    answers: torch.Tensor

    def to(self, device: torch.device) -> "WriterBatch":
        """The batch on the device."""
        return WriterBatch(*(getattr(self, part.name).to(device) for part in fields(self)))


def encode(tokenizer: Any, example: WriterExample, most: int) -> tuple[list[int], list[int]]:
    """Token ids of the prompt as a chat, and of the answer with its end.

    A prompt that makes them longer than `most` together loses its beginning.
    """
    turns = [{"role": "user", "content": example.prompt}]
    chat: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompt: list[int] = tokenizer(chat, add_special_tokens=False)["input_ids"]
    answer: list[int] = tokenizer(example.answer + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
    answer = answer[: most // 2]
    return prompt[-(most - len(answer)) :], answer


def collate(encoded: Sequence[tuple[list[int], list[int]]], padding: int) -> WriterBatch:
    """The encoded examples as one batch."""
    longest = max(len(prompt) for prompt, _ in encoded) - 1
    answered = max(len(answer) for _, answer in encoded)
    prompts = torch.full((len(encoded), longest), padding)
    mask = torch.zeros((len(encoded), longest), dtype=torch.long)
    following = torch.full((len(encoded), answered), padding)
    answers = torch.full((len(encoded), answered), -100)
    for row, (prompt, answer) in enumerate(encoded):
        prompts[row, longest - len(prompt) + 1 :] = torch.tensor(prompt[:-1])
        mask[row, longest - len(prompt) + 1 :] = 1
        following[row, : len(answer)] = torch.tensor([prompt[-1], *answer[:-1]])
        answers[row, : len(answer)] = torch.tensor(answer)
    return WriterBatch(prompts, mask, following, answers)


def loss_of(model: torch.nn.Module, batch: WriterBatch) -> torch.Tensor:
    """The mean loss over the answers' tokens; nothing is differentiated through the prompts, which are most of the work."""
    read: Any = model
    with torch.no_grad():
        past = read(
            input_ids=batch.prompts, attention_mask=batch.prompt_mask, logits_to_keep=1, use_cache=True
        ).past_key_values
    mask = torch.cat([batch.prompt_mask, torch.ones_like(batch.following)], dim=1)
    output = read(input_ids=batch.following, attention_mask=mask, past_key_values=past, use_cache=True)
    logits: torch.Tensor = output.logits.float()
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.answers.flatten(), ignore_index=-100)


def draw_batches(recipe: WriterRecipe, data: Path, tokenizer: Any, seed: int) -> Iterator[WriterBatch]:
    """Batches for ever: each example is drawn from the sources by their weights, each source reshuffled when it is through."""
    rng = random.Random(seed)
    streams = [_endless(make_examples(recipe.domain, source, data, rng), rng) for source in recipe.sources]
    weights = [source.weight for source in recipe.sources]
    while True:
        drawn = [next(rng.choices(streams, weights)[0]) for _ in range(SORTED_BATCHES * recipe.batch)]
        encoded = sorted(
            (encode(tokenizer, e, recipe.max_tokens) for e in drawn), key=lambda pair: len(pair[0]) + len(pair[1])
        )
        batches = [encoded[i : i + recipe.batch] for i in range(0, len(encoded), recipe.batch)]
        rng.shuffle(batches)
        yield from (collate(batch, tokenizer.pad_token_id) for batch in batches)


def _endless(examples: Sequence[WriterExample], rng: random.Random) -> Iterator[WriterExample]:
    while True:
        yield from rng.sample(examples, len(examples))


def check_batch(recipe: WriterRecipe, data: Path, tokenizer: Any) -> WriterBatch:
    """Rows that training never sees, as one batch."""
    teaching = [source for source in recipe.sources if source.file == recipe.check]
    rows = enumerate(read_pairs(data / recipe.check))
    unseen = [row for number, row in rows if not any(source.teaches(number) for source in teaching)]
    examples = describe(get_domain(recipe.domain), unseen[:CHECKED])
    return collate([encode(tokenizer, e, recipe.max_tokens) for e in examples], tokenizer.pad_token_id)


def build_model(recipe: WriterRecipe, base: Path) -> Any:
    """The base model, frozen, with a low-rank update on each of the recipe's modules."""
    dtype = pick_dtype(pick_device())
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, attn_implementation="sdpa")
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        target_modules=list(recipe.modules),
        layers_to_transform=list(range(*recipe.layers)),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def save(model: Any, recipe: WriterRecipe, out: Path) -> None:
    """Writes the update's factors in bf16, and what they were made for."""
    domain = get_domain(recipe.domain)
    prompts = (load_description(domain.folder).version, load_outline(domain.folder).version, PROMPT_VERSION)
    save_low_rank_config(out, LowRankConfig(recipe.base, recipe.rank, recipe.alpha, prompts))
    factors = {
        name.removeprefix("base_model.model.").replace(".default.weight", ""): p.detach()
        .to(torch.bfloat16)
        .cpu()
        .contiguous()
        for name, p in model.named_parameters()
        if p.requires_grad
    }
    save_file(factors, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)


class Progress:
    """Prints the loss (running mean) and the speed every five steps, as JSON lines."""

    def __init__(self) -> None:
        self.loss: float | None = None
        self.tokens = 0
        self.started = time.monotonic()

    def add(self, step: int, batch: WriterBatch, loss: float) -> None:
        """Counts one step."""
        self.loss = loss if self.loss is None else self.loss + 0.05 * (loss - self.loss)
        self.tokens += batch.prompts.numel() + batch.following.numel()
        if step % 5 == 0:
            rate = round(self.tokens / (time.monotonic() - self.started))
            print(json.dumps({"step": step, "loss": round(self.loss, 4), "tokens_per_s": rate}), flush=True)


def train(recipe: WriterRecipe, base: Path, data: Path, out: Path) -> None:
    """Runs the recipe and writes the adapter to `out`, also every few minutes on the way."""
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    set_seed(recipe.seed)
    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    model = build_model(recipe, base)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=recipe.learning_rate, weight_decay=0.0
    )
    schedule = rise_and_fall(optimizer, recipe.steps, recipe.warmup)
    wrapped, optimizer = accelerator.prepare(model, optimizer)
    check = check_batch(recipe, data, tokenizer).to(accelerator.device)
    batches = draw_batches(recipe, data, tokenizer, recipe.seed + accelerator.process_index)
    wrapped.train()
    progress, saved = Progress(), time.monotonic()
    for step in range(1, recipe.steps + 1):
        batch = next(batches).to(accelerator.device)
        loss = loss_of(wrapped, batch)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(wrapped.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        progress.add(step, batch, float(loss.detach()))
        if accelerator.is_main_process and (time.monotonic() - saved > SAVE_EVERY_SECONDS or step == recipe.steps):
            save(accelerator.unwrap_model(wrapped), recipe, out)
            with torch.no_grad():
                print(json.dumps({"step": step, "check_loss": round(float(loss_of(wrapped, check)), 4)}), flush=True)
            saved = time.monotonic()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder that the recipe's files are relative to")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, help="instead of the recipe's: to see that it runs")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = load_writer_recipe(arguments.recipe)
    if arguments.steps:
        recipe = replace(recipe, steps=arguments.steps, warmup=max(1, arguments.steps // 10))
    train(recipe, arguments.base, arguments.data, arguments.out)


if __name__ == "__main__":
    main()
