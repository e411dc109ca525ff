"""Trains a writer's adapter by a recipe: a low-rank update, the loss taken on the answers alone.

    accelerate launch -m domain_models.training.writer RECIPE --data ../shared/data --base FOLDER --out FOLDER

With `--examples FILE` (see `domain_models.training.writer_examples`) for `--data` it needs none of the domains' libraries.
Ten times in a run the loss on examples that teach nothing is taken, and an adapter better than those before is saved: the
one in `out` at the end is the best of them, not the last. Same seed, data and machine give the same adapter, unless the
clock ends the run. Works on CPU and on one or more GPUs.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from domain_models.lessons import WriterExample
from domain_models.low_rank import WEIGHTS, LowRankConfig, save_low_rank_config
from domain_models.runtime.device import pick_device, pick_dtype
from domain_models.runtime.low_rank import stored_name
from domain_models.training.schedule import Clock, rise_and_fall
from domain_models.training.writer_examples import Lessons, load_lessons, make_lessons
from domain_models.training.writer_recipe import WriterRecipe, load_writer_recipe
from schemas.errors import BadInput

SORTED_BATCHES = 8  # so many batches' examples are sorted by length together, so that little is padding
CHECKS = 10  # in a run

Encoded = tuple[list[int], list[int]]
"""The token ids of a prompt, and of its answer with its end."""


class Batch(Protocol):
    """Encoded examples as tensors; `answers` are the tokens to be written, -100 wherever there is none."""

    @property
    def answers(self) -> torch.Tensor:
        """Of integers."""

    @property
    def tokens(self) -> int:
        """How many are read, padding among them."""

    def to(self, device: torch.device) -> Self:
        """The batch on the device."""


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

    @property
    def tokens(self) -> int:
        """How many are read, padding among them."""
        return self.prompts.numel() + self.following.numel()

    def to(self, device: torch.device) -> "WriterBatch":
        """The batch on the device."""
        parts = (self.prompts, self.prompt_mask, self.following, self.answers)
        return WriterBatch(*(part.to(device) for part in parts))


@dataclass(frozen=True)
class WholeBatch:
    """Prompts with their answers in one row each, padded on the right, without their last token.

    `answers`: the same shape, what is to be written after each token, -100 in prompts and padding. No answer begins before
    the column `first`.
    """

    rows: torch.Tensor
    answers: torch.Tensor
    first: int

    @property
    def tokens(self) -> int:
        """How many are read, padding among them."""
        return self.rows.numel()

    def to(self, device: torch.device) -> "WholeBatch":
        """The batch on the device."""
        rows, answers = (part.to(device, non_blocking=True) for part in (self.rows, self.answers))
        return WholeBatch(rows, answers, self.first)

    def pin_memory(self) -> "WholeBatch":
        """The batch where a GPU fetches it without waiting; torch's loader asks for it."""
        return WholeBatch(self.rows.pin_memory(), self.answers.pin_memory(), self.first)


def encode(tokenizer: Any, example: WriterExample, most: int) -> Encoded:
    """Token ids of the prompt as a chat, and of the answer with its end.

    A prompt that makes them longer than `most` together loses its beginning.
    """
    turns = [{"role": "user", "content": example.prompt}]
    chat: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompt: list[int] = tokenizer(chat, add_special_tokens=False)["input_ids"]
    answer: list[int] = tokenizer(example.answer + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
    answer = answer[: most // 2]
    return prompt[-(most - len(answer)) :], answer


def collate(encoded: Sequence[Encoded], padding: int) -> WriterBatch:
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


def collate_whole(encoded: Sequence[Encoded], padding: int) -> WholeBatch:
    """The encoded examples as one batch, prompts and answers together."""
    longest = max(len(prompt) + len(answer) for prompt, answer in encoded) - 1
    rows = torch.full((len(encoded), longest), padding)
    answers = torch.full((len(encoded), longest), -100)
    for row, (prompt, answer) in enumerate(encoded):
        end = len(prompt) + len(answer) - 1
        rows[row, :end] = torch.tensor([*prompt, *answer[:-1]])
        answers[row, len(prompt) - 1 : end] = torch.tensor(answer)
    return WholeBatch(rows, answers, min(len(prompt) for prompt, _ in encoded) - 1)


def loss_of_whole(model: torch.nn.Module, batch: WholeBatch) -> torch.Tensor:
    """The mean loss over the answers' tokens, differentiated through the prompts too: better, and cheap on a GPU.

    No token sees those behind it, so padding on the right needs no mask.
    """
    read: Any = model
    on_gpu = batch.rows.device.type == "cuda"
    with torch.autocast(batch.rows.device.type, torch.bfloat16, enabled=on_gpu):
        kept = batch.rows.shape[1] - batch.first
        logits: torch.Tensor = read(input_ids=batch.rows, logits_to_keep=kept, use_cache=False).logits.float()
    answers = batch.answers[:, batch.first :]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), answers.flatten(), ignore_index=-100)


@dataclass(frozen=True)
class Manner:
    """How a kind of device is trained on: its batches, their loss, and how many steps and checked examples it can afford."""

    collate: Callable[[Sequence[Encoded], int], Batch]
    loss: Callable[[torch.nn.Module, Any], torch.Tensor]
    print_every: int
    checked: int


ON_CPU = Manner(collate, loss_of, print_every=5, checked=8)
ON_GPU = Manner(collate_whole, loss_of_whole, print_every=50, checked=128)


@dataclass(frozen=True)
class Course:
    """What a training follows: its recipe, the base model's tokenizer, the manner of its device, and what is taught."""

    recipe: WriterRecipe
    tokenizer: Any
    manner: Manner
    lessons: Lessons

    def batches_of(self, examples: Sequence[WriterExample]) -> list[Batch]:
        """The examples in batches, the shortest first."""
        encoded = sorted(
            (encode(self.tokenizer, e, self.recipe.max_tokens) for e in examples), key=lambda pair: sum(map(len, pair))
        )
        size = self.recipe.batch
        parts = (encoded[i : i + size] for i in range(0, len(encoded), size))
        return [self.manner.collate(part, self.tokenizer.pad_token_id) for part in parts]

    def draw(self, seed: int) -> Iterator[Batch]:
        """Batches for ever: each example is drawn from the sources by their weights, each source reshuffled when it is
        through.
        """
        rng = random.Random(seed)
        streams = [_endless(examples, rng) for examples in self.lessons.taught]
        weights = [source.weight for source in self.recipe.sources]
        while True:
            drawn = [next(rng.choices(streams, weights)[0]) for _ in range(SORTED_BATCHES * self.recipe.batch)]
            batches = self.batches_of(drawn)
            rng.shuffle(batches)
            yield from batches


class Drawn(torch.utils.data.IterableDataset[Batch]):
    """A course's batches for ever."""

    def __init__(self, course: Course, seed: int) -> None:
        self.course, self.seed = course, seed

    def __iter__(self) -> Iterator[Batch]:
        return self.course.draw(self.seed)


def ready_batches(drawn: Drawn, device: torch.device) -> Iterator[Batch]:
    """The batches on the device; for a GPU made by a process of their own, so that it never waits for one."""
    on_gpu = device.type == "cuda"
    ahead = 2 * SORTED_BATCHES if on_gpu else None
    for batch in torch.utils.data.DataLoader(
        drawn, batch_size=None, num_workers=int(on_gpu), prefetch_factor=ahead, pin_memory=on_gpu
    ):
        yield batch.to(device)


def _endless(examples: Sequence[WriterExample], rng: random.Random) -> Iterator[WriterExample]:
    while True:
        yield from rng.sample(examples, len(examples))


class Check:
    """The loss on examples that teach nothing, and the best so far."""

    def __init__(self, course: Course, device: torch.device) -> None:
        checked = {task: examples[: course.manner.checked] for task, examples in course.lessons.check.items()}
        self.loss = course.manner.loss
        self.batches = {t: [b.to(device) for b in course.batches_of(examples)] for t, examples in checked.items()}
        self.weights = {t: sum(s.weight for s in course.recipe.sources if s.task == t) for t in self.batches}
        self.best = float("inf")
        self.best_step = 0

    def is_best(self, model: torch.nn.Module, step: int) -> bool:
        """Takes and prints the losses, a token of each task, and says whether their mean, by the recipe's weights of the
        tasks, is the best so far.
        """
        with torch.no_grad():
            losses = {task: self._mean(model, batches) for task, batches in self.batches.items()}
        mean = sum(self.weights[task] * loss for task, loss in losses.items()) / sum(self.weights.values())
        rounded = {task: round(loss, 4) for task, loss in losses.items()}
        print(json.dumps({"step": step, "check_loss": round(mean, 4), **rounded}), flush=True)
        if mean >= self.best:
            return False
        self.best, self.best_step = mean, step
        return True

    def _mean(self, model: torch.nn.Module, batches: Sequence[Batch]) -> float:
        counts = [int((batch.answers != -100).sum()) for batch in batches]
        return sum(float(self.loss(model, b)) * n for b, n in zip(batches, counts, strict=True)) / sum(counts)


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


def save(model: Any, recipe: WriterRecipe, prompts: tuple[str, ...], out: Path) -> None:
    """Writes the update's factors in bf16, and what they were made for."""
    save_low_rank_config(out, LowRankConfig(recipe.base, recipe.rank, recipe.alpha, prompts))
    factors = {
        stored_name(name): p.detach().to(torch.bfloat16).cpu().contiguous()
        for name, p in model.named_parameters()
        if p.requires_grad
    }
    save_file(factors, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)


class Progress:
    """Prints the loss (running mean) and the speed every few steps, as JSON lines."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.loss: torch.Tensor | None = None
        self.tokens = 0
        self.started = time.monotonic()

    def add(self, step: int, batch: Batch, loss: torch.Tensor) -> None:
        """Counts one step; the loss is looked at only when it is printed, since a GPU would have to stop for it."""
        self.loss = loss if self.loss is None else self.loss + 0.05 * (loss - self.loss)
        self.tokens += batch.tokens
        if step % self.every == 0:
            loss_so_far = round(float(self.loss), 4)
            rate = round(self.tokens / (time.monotonic() - self.started))
            print(json.dumps({"step": step, "loss": loss_so_far, "tokens_per_s": rate}), flush=True)


def build_optimizer(recipe: WriterRecipe, model: torch.nn.Module) -> torch.optim.Optimizer:
    """AdamW over the update's factors."""
    factors = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW(factors, lr=recipe.learning_rate, weight_decay=0.0, fused=torch.cuda.is_available())


def train(recipe: WriterRecipe, base: Path, lessons: Lessons, out: Path, clock: Clock) -> None:
    """Runs the recipe, or as much of it as the clock allows, and writes the adapter with the best check loss to `out`."""
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    if clock.seconds and accelerator.num_processes > 1:
        raise BadInput(
            f"{accelerator.num_processes} processes would end at different steps; give --seconds to one alone"
        )
    set_seed(recipe.seed)
    manner = ON_GPU if accelerator.device.type == "cuda" else ON_CPU
    course = Course(recipe, AutoTokenizer.from_pretrained(base), manner, lessons)
    model = build_model(recipe, base)
    optimizer = build_optimizer(recipe, model)
    schedule = rise_and_fall(optimizer, recipe.steps, recipe.warmup, clock)
    wrapped, optimizer = accelerator.prepare(model, optimizer)
    check = Check(course, accelerator.device)
    batches = ready_batches(Drawn(course, recipe.seed + accelerator.process_index), accelerator.device)
    wrapped.train()
    progress, checks, step, done = Progress(manner.print_every), 0, 0, 0.0
    while done < 1:
        step += 1
        batch = next(batches)
        loss = manner.loss(wrapped, batch)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(wrapped.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        progress.add(step, batch, loss.detach())
        done = max(step / recipe.steps, clock.spent())
        if done * CHECKS >= checks + 1:
            checks = int(done * CHECKS)
            if accelerator.is_main_process and check.is_best(model, step):
                save(model, recipe, lessons.prompts, out)
    print(json.dumps({"steps": step, "saved_of_step": check.best_step}), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    taught = parser.add_mutually_exclusive_group(required=True)
    taught.add_argument("--data", type=Path, help="folder that the recipe's files are relative to")
    taught.add_argument("--examples", type=Path, help="what domain_models.training.writer_examples made of them")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, help="instead of the recipe's: to see that it runs")
    parser.add_argument("--seconds", type=float, help="the most that training may take; the rate falls with the clock")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = load_writer_recipe(arguments.recipe)
    if arguments.steps:
        recipe = replace(recipe, steps=arguments.steps, warmup=max(1, arguments.steps // 10))
    lessons = load_lessons(arguments.examples, recipe) if arguments.examples else make_lessons(recipe, arguments.data)
    train(recipe, arguments.base, lessons, arguments.out, Clock(arguments.seconds))


if __name__ == "__main__":
    main()
