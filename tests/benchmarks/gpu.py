"""What a GPU does with our models, as one JSON object; on a CPU, with tiny sizes, whether this file runs.

    python -m tests.benchmarks.gpu --data DEV.jsonl.gz --tagger ADAPTER=BASE --writer FOLDER [--adapter FOLDER]

Three rulers: what the card reaches in a plain bf16 product, which the tagger's network is held against; the network
alone, which `Tagger.read` is held against; and the time in which the card's memory can be read, for each token written.
Needs torch, transformers, accelerate and their own dependencies alone. A part that fails tells its error in its place.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice, pairwise
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

    from domain_models.runtime.generator import Writer
    from domain_models.runtime.tagger import Tagger

WARM_UPS, REPEATS = 3, 10
SIDE = {"cuda": 8192, "cpu": 512}
WINDOW = 512
BATCH_SIZES = (1, 8, 64)
SECONDS_A_WAY = 6.0
"""After so long no further batch is begun: 64 prompts one by one would take a minute and more."""
PROMPT_CHARACTERS = 750  # some 200 tokens with the question and the turns of a chat around it
QUESTION = "Say in one sentence what this passage says:\n\n"
H100_BANDWIDTH = 3.35e12
"""Bytes a second, from the data sheet of the H100 SXM with HBM3. That of the H200 says 4.8e12."""

Row = dict[str, object]
Done = TypeVar("Done")


def main() -> None:
    asked = arguments()
    found: Row = part("machine", machine)
    found["matmul_tflops"] = part("matmul_tflops", matmul_tflops)
    ruler = found["matmul_tflops"]
    tflops = ruler if isinstance(ruler, float) else None
    found["tagger"] = {pair: part(f"tagger {pair}", partial(read_with, pair, asked, tflops)) for pair in asked.tagger}
    found["writer"] = part("writer", partial(write_with, asked)) if asked.writer else None
    print(json.dumps(found, indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu")
    parser.add_argument("--data", dest="labelled", type=Path, required=True, help="labelled documents, .jsonl.gz")
    parser.add_argument("--documents", type=int, default=20, help="read so many of them at most (20)")
    parser.add_argument("--tagger", action="append", default=[], metavar="ADAPTER=BASE", help="may be repeated")
    parser.add_argument("--writer", type=Path, help="folder of a causal language model")
    parser.add_argument("--adapter", type=Path, help="the writer's adapter")
    parser.add_argument("--prompts", type=int, default=64, help="a batch size above it is left out (64)")
    parser.add_argument("--tokens", type=int, default=64, help="written to each prompt, 2 at least (64)")
    parser.add_argument("--bandwidth", type=float, default=H100_BANDWIDTH, help="of the card, bytes a second (3.35e12)")
    return parser.parse_args()


def part(name: str, measure: Callable[[], Any]) -> Any:
    """What `measure` returns, or its error; told on stderr at once too, should a later part be cut off."""
    started = time.perf_counter()
    try:
        measured = measure()
    except Exception as error:  # noqa: BLE001  # a machine is lent for minutes: the other parts must come back
        measured = {"error": f"{type(error).__name__}: {error}"}
    print(f"{name}, {time.perf_counter() - started:.1f} s: {json.dumps(measured)}", file=sys.stderr, flush=True)
    return measured


def machine() -> Row:
    import torch
    import transformers

    from domain_models.runtime.device import pick_device

    device = pick_device()
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU {platform.machine()}"
    return {"card": card, "torch": torch.__version__, "transformers": transformers.__version__}


def matmul_tflops() -> float:
    import torch

    from domain_models.runtime.device import pick_device

    device = pick_device()
    side = SIDE[device.type]
    left, right = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    return round(2 * side**3 / median_seconds(lambda: left @ right, device) / 1e12, 4)


def median_seconds(work: Callable[[], object], device: "torch.device") -> float:
    """Of ten times after three that do not count; a GPU's own clock tells, and it is never idle between two."""
    import torch

    for _ in range(WARM_UPS):
        work()
    if device.type == "cpu":
        return median(timed(work)[1] for _ in range(REPEATS))
    event: Any = torch.cuda.Event
    marks = [event(enable_timing=True) for _ in range(REPEATS + 1)]
    marks[0].record()
    for mark in marks[1:]:
        work()
        mark.record()
    marks[-1].synchronize()
    milliseconds: list[float] = [start.elapsed_time(end) for start, end in pairwise(marks)]
    return median(milliseconds) / 1000


def timed(work: Callable[[], Done]) -> tuple[Done, float]:
    """What the work returns, and the seconds until its last kernel is done."""
    import torch

    wait: Callable[[], None] = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    wait()
    started = time.perf_counter()
    done = work()
    wait()
    return done, time.perf_counter() - started


def texts_of(asked: argparse.Namespace) -> list[str]:
    from domain_models.labelled import read_labelled

    return [document.text for document in read_labelled(asked.labelled)[: asked.documents]]


def read_with(pair: str, asked: argparse.Namespace, tflops: float | None) -> Row:
    from domain_models.marks import typed
    from domain_models.runtime.tagger import Tagger
    from domain_models.windows import tokenize

    adapter, _, base = pair.partition("=")
    tagger = Tagger(Path(adapter), Path(base))
    network = network_alone(tagger, tflops)  # first: the first pass through a network pays for its memory
    texts = texts_of(asked)
    tokens, seconds = timed(lambda: sum(len(scores.tokens) for scores in tagger.read(texts)))
    _, tokenizing = timed(lambda: [tokenize(tagger.tokenizer, typed(text)) for text in texts])
    read: Row = {
        "documents": len(texts), "tokens": tokens, "seconds": round(seconds, 3),
        "of_them_tokenizing": round(tokenizing, 3), "tokens_per_second": round(tokens / seconds, 1),
    }  # fmt: skip
    return {"version": tagger.version, "dtype": str(tagger.dtype), "read": read, "network": network}


def network_alone(tagger: "Tagger", tflops: float | None) -> Row:
    """Of full windows of random words that wait on the device. Windows overlap: a text has fewer tokens than they."""
    import torch

    from domain_models.runtime.tagger import TOKENS_PER_BATCH

    rows = TOKENS_PER_BATCH[tagger.device.type] // WINDOW
    words: int = tagger.network.encoder.config.vocab_size
    ids = torch.randint(words // 2, words, (rows, WINDOW), device=tagger.device)  # clear of the padding
    mask = torch.ones_like(ids)
    names = [head.name for head in tagger.config.heads]
    with torch.inference_mode():
        seconds = median_seconds(lambda: tagger.network(ids, mask, names), tagger.device)
    rate, operations = rows * WINDOW / seconds, operations_a_token(tagger)
    reached = rate * operations / 1e12
    return {
        "windows": rows, "milliseconds": round(seconds * 1000, 3), "tokens_per_second": round(rate, 1),
        "operations_per_token": operations, "tflops": round(reached, 4),
        "share_of_matmul": round(reached / tflops, 4) if tflops else None,
    }  # fmt: skip


def operations_a_token(tagger: "Tagger") -> int:
    """Two for each weight that is no embedding, and what a token takes to attend to all of its window."""
    import torch

    config = tagger.network.encoder.config
    looked_up = [m.weight for m in tagger.network.modules() if isinstance(m, torch.nn.Embedding)]
    weights = sum(p.numel() for p in tagger.network.parameters()) - sum(weight.numel() for weight in looked_up)
    return int(2 * weights + 4 * WINDOW * config.hidden_size * config.num_hidden_layers)


def write_with(asked: argparse.Namespace) -> Row:
    from domain_models.runtime.generator import load_writer

    writer = load_writer(asked.writer, asked.adapter)
    plain = replace(writer, lookup_tokens=0)
    chats = [writer.as_chat(prompt) for prompt in prompts(texts_of(asked), asked.prompts)]
    ways = {"batch 1, lookup": write(writer, chats, 1, asked.tokens)}
    for size in BATCH_SIZES:
        if size <= len(chats):
            ways[f"batch {size}"] = write(plain, chats, size, asked.tokens)
    weights = bytes_a_step(writer.model)
    floor = weights / asked.bandwidth * 1000
    return {
        "version": writer.version, "dtype": str(writer.model.dtype),
        "tokens_a_prompt": round(mean(writer.count_tokens([chat]) for chat in chats), 1), "ways": ways,
        "bytes_per_step": weights, "bandwidth": asked.bandwidth, "floor_ms_per_step": round(floor, 4),
        "share_of_floor_at_batch_1": round(floor / ways["batch 1"]["ms_per_step"], 5),
    }  # fmt: skip


def prompts(texts: Sequence[str], count: int) -> list[str]:
    """From the first texts, in reading order, and over again where they are too short for so many."""
    pieces = (text[at : at + PROMPT_CHARACTERS] for text in texts for at in range(0, len(text), PROMPT_CHARACTERS))
    return [QUESTION + piece for piece in islice(cycle(pieces), count)]


def write(writer: "Writer", chats: Sequence[str], size: int, tokens: int) -> Mapping[str, float]:
    """One way of writing. A step is a pass through the network after the one that reads the prompt, which is taken off."""
    write_batches(writer, chats[:size], size, 2)  # the first pass of a batch's shape pays for its memory and kernels
    passes: list[int] = []
    counting = writer.model.register_forward_hook(lambda *_: passes.append(1))
    written, seconds = timed(lambda: write_batches(writer, chats, size, tokens, SECONDS_A_WAY))
    all_passes = len(passes)
    _, reading = timed(lambda: write_batches(writer, chats[:written], size, 1))
    counting.remove()
    steps = all_passes - (len(passes) - all_passes)
    return {
        "prompts": written, "tokens": written * tokens, "seconds": round(seconds, 3), "steps": steps,
        "tokens_per_second": round(written * tokens / seconds, 1),
        "ms_per_step": round((seconds - reading) / steps * 1000, 4),
    }  # fmt: skip


def write_batches(writer: "Writer", chats: Sequence[str], size: int, tokens: int, most: float = float("inf")) -> int:
    """How many prompts were answered, with exactly so many tokens each, in batches of any size, before `most` seconds."""
    writer.model.generation_config.min_new_tokens = tokens
    began, done = time.perf_counter(), 0
    while done < len(chats) and time.perf_counter() - began < most:
        done += len(writer._generate(chats[done : done + size], tokens))  # `write` would stop at its own size
    return done


def bytes_a_step(model: Any) -> int:
    """Of the weights that each new token has the card read; of an embedding that is not the output layer too, one row."""
    looked_up = model.get_input_embeddings().weight
    is_tied = model.get_output_embeddings().weight is looked_up
    return sum(p.nbytes for p in model.parameters() if is_tied or p is not looked_up)


if __name__ == "__main__":
    main()
