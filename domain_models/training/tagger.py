"""Trains a tagger adapter by a recipe.

    accelerate launch -m domain_models.training.tagger RECIPE --data ../shared/data --base FOLDER --out FOLDER

Same seed, data and machine give the same adapter. Works on CPU and on one or more GPUs, in bf16 where the device
has matrix units for it.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from domain_models.adapter import AdapterConfig
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.runtime.adapter import save_adapter
from domain_models.runtime.device import pick_device, pick_dtype
from domain_models.runtime.network import TaggerNetwork
from domain_models.training.batches import Batch, Batches, make_example
from domain_models.training.recipe import Recipe, Source, load_recipe
from domain_models.training.split import split_held_out
from domain_models.windows import load_tokenizer

SAVE_EVERY_SECONDS = 600


def loss_of(network: torch.nn.Module, batch: Batch, border_weight: float) -> torch.Tensor:
    """The batch's loss: for span heads the binary cross-entropy a token, summed over labels; for bio heads softmax."""
    logits = network(batch.input_ids, batch.attention_mask, [batch.head.name])[batch.head.name].float()
    if batch.head.scheme == "bio":
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=-100)
    logits = logits.unflatten(-1, (3, len(batch.head.labels)))
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
    by_part = each.sum(-1) * batch.attention_mask.unsqueeze(-1)
    weights = torch.tensor([1.0, border_weight, border_weight], device=each.device)
    return (by_part * weights).sum() / batch.attention_mask.sum()


def build_network(recipe: Recipe, base: Path) -> TaggerNetwork:
    """The network with its embeddings frozen: half of a small encoder's weights, and few documents to move them."""
    network = TaggerNetwork(base, recipe.heads, recipe.hidden_dropout)
    network.encoder.embeddings.requires_grad_(False)
    return network


def build_optimizer(recipe: Recipe, network: TaggerNetwork) -> torch.optim.Optimizer:
    """AdamW; the heads start from nothing and so learn faster than the encoder."""
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    groups = [
        {"params": encoder, "lr": recipe.learning_rate},
        {"params": list(network.heads.parameters()), "lr": recipe.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, weight_decay=recipe.weight_decay)


def draw_batches(recipe: Recipe, base: Path, data: Path, seed: int) -> Iterator[Batch]:
    """Batches of all sources, each drawn by its weight."""
    rng = random.Random(seed)
    tokenizer = load_tokenizer(base)
    streams = []
    for source in recipe.sources:
        head = next(head for head in recipe.heads if head.name == source.head)
        examples = [make_example(tokenizer, d, head) for d in split_held_out(_documents(data, source), source)[0]]
        streams.append(Batches(tokenizer, recipe, source, examples)(rng))
    weights = [source.weight for source in recipe.sources]
    while True:
        yield next(rng.choices(streams, weights)[0])


def _documents(data: Path, source: Source) -> list[LabelledDocument]:
    return read_labelled(data / source.file)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on the device."""
    return Batch(batch.head, batch.input_ids.to(device), batch.attention_mask.to(device), batch.targets.to(device))


def train(recipe: Recipe, base: Path, data: Path, out: Path) -> None:
    """Trains for the recipe's steps and writes the adapter to `out` (also every ten minutes on the way)."""
    precision = "bf16" if pick_dtype(pick_device()) is torch.bfloat16 else "no"
    accelerator = Accelerator(mixed_precision=precision, cpu=not torch.cuda.is_available())
    set_seed(recipe.seed)
    network = build_network(recipe, base)
    optimizer = build_optimizer(recipe, network)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / recipe.warmup, max(0.0, (recipe.steps - step) / (recipe.steps - recipe.warmup))),
    )
    model, optimizer = accelerator.prepare(network, optimizer)
    config = AdapterConfig(recipe.base, recipe.heads, recipe.window, recipe.stride)
    batches = draw_batches(recipe, base, data, recipe.seed + accelerator.process_index)
    model.train()
    started = saved = time.monotonic()
    tokens, running = 0, {head.name: 0.0 for head in recipe.heads}
    for step in range(1, recipe.steps + 1):
        batch = to_device(next(batches), accelerator.device)
        with accelerator.autocast():
            loss = loss_of(model, batch, recipe.border_weight)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += batch.input_ids.numel()
        name = batch.head.name
        value = float(loss.detach())
        running[name] += 0.02 * (value - running[name]) if running[name] else value
        if step % 50 == 0 and accelerator.is_main_process:
            seconds = time.monotonic() - started
            losses = {name: round(value, 4) for name, value in running.items()}
            print(json.dumps({"step": step, "loss": losses, "tokens_per_s": round(tokens / seconds)}), flush=True)
        if time.monotonic() - saved > SAVE_EVERY_SECONDS and accelerator.is_main_process:
            save_adapter(out, network, config)
            saved = time.monotonic()
    if accelerator.is_main_process:
        save_adapter(out, network, config)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder that the recipe's files are relative to")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, help="instead of the recipe's, for a smoke test")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = load_recipe(arguments.recipe)
    if arguments.steps:
        recipe = Recipe(**{**vars(recipe), "steps": arguments.steps, "warmup": max(1, arguments.steps // 10)})
    train(recipe, arguments.base, arguments.data, arguments.out)


if __name__ == "__main__":
    main()
