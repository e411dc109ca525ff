"""Trains a tagger adapter by a recipe.

    accelerate launch -m domain_models.training.tagger RECIPE --data ../shared/data --base FOLDER --out FOLDER [--fold K]

Same seed, data and machine give the same adapter, unless `--seconds` ended it early. Works on CPU and on one or more
GPUs, in bf16 where the device has matrix units for it.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from peft import LoraConfig, inject_adapter_in_model

from domain_models.adapter import AdapterConfig
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.runtime.adapter import load_network, save_adapter
from domain_models.runtime.device import pick_device, pick_dtype
from domain_models.runtime.network import TaggerNetwork
from domain_models.training.batches import Batch, Batches, make_example
from domain_models.training.recipe import Phase, Recipe, Source, load_recipe
from domain_models.training.schedule import Clock, rise_and_fall
from domain_models.training.split import split_fold, split_held_out
from domain_models.windows import load_tokenizer

SAVE_EVERY_SECONDS = 600


@dataclass(frozen=True)
class Places:
    """Folders: of the data, of the base model, for the adapter, and of an adapter whose weights training begins with."""

    data: Path
    base: Path
    out: Path
    start: Path | None = None


def loss_of(network: torch.nn.Module, batch: Batch, border_weight: float) -> torch.Tensor:
    """The batch's loss: for span heads the binary cross-entropy a token, summed over labels; for bio heads softmax."""
    logits = network(batch.input_ids, batch.attention_mask, [batch.head.name])[batch.head.name].float()
    if batch.head.scheme == "bio":
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=-100)
    logits = logits.unflatten(-1, (3, len(batch.head.labels)))
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, batch.targets.float(), reduction="none")
    by_part = each.sum(-1) * batch.attention_mask.unsqueeze(-1)
    weights = torch.tensor([1.0, border_weight, border_weight], device=each.device)
    return (by_part * weights).sum() / batch.attention_mask.sum()


def build_network(recipe: Recipe, base: Path) -> TaggerNetwork:
    """The network with its embeddings frozen: half of a small encoder's weights, and few documents to move them."""
    network = TaggerNetwork(base, recipe.heads, recipe.hidden_dropout)
    if not recipe.rank:
        network.encoder.embeddings.requires_grad_(False)
        return network
    network.encoder.requires_grad_(False)
    linear = [name for name, module in network.encoder.named_modules() if isinstance(module, torch.nn.Linear)]
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=linear)
    inject_adapter_in_model(config, network.encoder)
    return network


def build_optimizer(recipe: Recipe, phase: Phase, network: TaggerNetwork) -> torch.optim.Optimizer:
    """AdamW; the heads start from nothing and so learn faster than the encoder."""
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    fused = pick_device().type == "cuda"
    groups = [
        {"params": encoder, "lr": phase.learning_rate},
        {"params": list(network.heads.parameters()), "lr": phase.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, weight_decay=recipe.weight_decay, fused=fused)


def training_documents(recipe: Recipe, source: Source, data: Path, fold: int | None) -> list[LabelledDocument]:
    """The source's documents without those that calibration will need of this network."""
    documents = read_labelled(data / source.file)
    if fold is None:
        return split_held_out(documents, source)[0]
    return split_fold(documents, fold, recipe.folds)[0]


def build_streams(recipe: Recipe, base: Path, data: Path, fold: int | None) -> list[Batches]:
    """Each source's batches, of the documents that this network is trained on."""
    tokenizer = load_tokenizer(base)
    streams = []
    for source in recipe.sources:
        head = next(head for head in recipe.heads if head.name == source.head)
        documents = training_documents(recipe, source, data, fold)
        examples = [make_example(tokenizer, document, head) for document in documents]
        streams.append(Batches(tokenizer, recipe, source, examples))
    return streams


class Drawn(torch.utils.data.IterableDataset[Batch]):
    """Batches of all sources for ever, each drawn by its weight."""

    def __init__(self, streams: Sequence[Batches], phase: Phase, seed: int) -> None:
        self.streams, self.phase, self.seed = streams, phase, seed

    def __iter__(self) -> Iterator[Batch]:
        rng = random.Random(self.seed)
        endless = [stream(rng, self.phase.negative_share) for stream in self.streams]
        weights = self.phase.weights_of([stream.source for stream in self.streams])
        while True:
            yield next(rng.choices(endless, weights)[0])


def ready_batches(drawn: Drawn, device: torch.device) -> Iterator[Batch]:
    """The batches; for a GPU made by a process of their own, so that it never waits for one."""
    on_gpu = device.type == "cuda"
    yield from torch.utils.data.DataLoader(drawn, batch_size=None, num_workers=int(on_gpu), pin_memory=on_gpu)


class Progress:
    """Prints losses (running means) and speed every fifty steps, as JSON lines."""

    def __init__(self) -> None:
        self.losses: dict[str, torch.Tensor] = {}
        self.tokens = 0
        self.started = time.monotonic()

    def add(self, step: int, batch: Batch, loss: torch.Tensor) -> None:
        """Counts one step; the loss is looked at only when it is printed, since a GPU would have to stop for it."""
        before = self.losses.get(batch.head.name, loss)
        self.losses[batch.head.name] = before + 0.02 * (loss - before)
        self.tokens += batch.input_ids.numel()
        if step % 50 == 0:
            rate = round(self.tokens / (time.monotonic() - self.started))
            losses = {name: round(float(value), 4) for name, value in self.losses.items()}
            print(json.dumps({"step": step, "loss": losses, "tokens_per_s": rate}), flush=True)


def train_phase(
    accelerator: Accelerator, network: TaggerNetwork, recipe: Recipe, drawn: Drawn, seconds: float | None
) -> Iterator[None]:
    """Trains for the phase's steps, or as many as the seconds allow, yielding after each."""
    phase, clock = drawn.phase, Clock(seconds)
    optimizer = build_optimizer(recipe, phase, network)
    schedule = rise_and_fall(optimizer, phase.steps, phase.warmup, clock)
    model, optimizer = accelerator.prepare(network, optimizer)
    model.train()
    progress = Progress()
    batches = ready_batches(drawn, accelerator.device)
    for step in range(1, phase.steps + 1):
        batch = next(batches).to(accelerator.device)
        with accelerator.autocast():
            loss = loss_of(model, batch, recipe.border_weight)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if accelerator.is_main_process:
            progress.add(step, batch, loss.detach())
        yield
        if clock.spent() >= 1:
            print(json.dumps({"ended_by_the_clock_at_step": step}), flush=True)
            return


def train(recipe: Recipe, places: Places, fold: int | None, seconds: float | None) -> None:
    """Runs the recipe's phases and writes the adapter, also every ten minutes on the way.

    `fold` is the part of the documents that this network shall not see; `seconds` the most that each phase may take.
    """
    precision = "bf16" if pick_dtype(pick_device()) is torch.bfloat16 else "no"
    accelerator = Accelerator(mixed_precision=precision, cpu=not torch.cuda.is_available())
    set_seed(recipe.seed)
    network = build_network(recipe, places.base)
    if places.start:
        network.load_state_dict(load_network(places.start, places.base).state_dict())
    config = AdapterConfig(
        base=recipe.base,
        heads=recipe.heads,
        window=recipe.window,
        stride=recipe.stride,
        rank=recipe.rank,
        alpha=recipe.alpha,
        second_look=recipe.second_look,
        ensemble=recipe.ensemble,
    )
    streams = build_streams(recipe, places.base, places.data, fold)
    saved = time.monotonic()
    for phase in recipe.phases:
        drawn = Drawn(streams, phase, phase.seed + accelerator.process_index)
        for _ in train_phase(accelerator, network, recipe, drawn, seconds):
            if accelerator.is_main_process and time.monotonic() - saved > SAVE_EVERY_SECONDS:
                save_adapter(places.out, network, config)
                saved = time.monotonic()
    if accelerator.is_main_process:
        save_adapter(places.out, network, config)


def smoke(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with phases of this many steps: to see that it runs."""
    return replace(recipe, phases=tuple(replace(p, steps=steps, warmup=max(1, steps // 10)) for p in recipe.phases))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder that the recipe's files are relative to")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, help="a phase, instead of the recipe's: to see that it runs")
    parser.add_argument("--seconds", type=float, help="the most that each phase may take")
    parser.add_argument("--fold", type=int, help="the part of the documents to leave out, from 0; none without it")
    parser.add_argument("--start", type=Path, help="an adapter without a rank to go on from")
    parser.add_argument("--phase", type=int, default=1, help="the phase to begin with, from 1")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = load_recipe(arguments.recipe)
    recipe = replace(recipe, phases=recipe.phases[arguments.phase - 1 :])
    if arguments.steps:
        recipe = smoke(recipe, arguments.steps)
    places = Places(arguments.data, arguments.base, arguments.out, arguments.start)
    train(recipe, places, arguments.fold, arguments.seconds)


if __name__ == "__main__":
    main()
