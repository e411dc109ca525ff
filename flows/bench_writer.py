"""`muniment bench writer`: tokens a second of the writer here, batched and one by one, with lookup and shared beginnings or not.

The prompts ask to shorten what the domains say of their own fields: like a summary, what is written is mostly copied.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

from domain_models import domains
from domain_models.outline import load_outline
from flows.base_models import base_folder
from flows.settings import settings

if TYPE_CHECKING:
    from domain_models.runtime.generator import Writer

FIELDS_A_PROMPT = 6


def bench_writer(prompt_count: int, most_tokens: int, writer: str = "writer") -> list[dict[str, object]]:
    """One row a way of writing the same prompts: tokens written, seconds, tokens a second, and times one by one."""
    from domain_models.runtime.device import keep_freed_memory, set_threads
    from domain_models.runtime.generator import load_writer

    set_threads(settings().thread_count)
    keep_freed_memory()
    guessing = load_writer(base_folder(writer))
    plain = replace(guessing, lookup_tokens=0, share=False)
    sharing = replace(plain, share=True)
    prompts = list(islice(cycle(_prompts()), prompt_count))
    plain.write(prompts[:1], 2)  # the first pass through a network pays for its memory
    ways: dict[str, Callable[[], list[str]]] = {
        "one by one": lambda: [answer for prompt in prompts for answer in plain.write([prompt], most_tokens)],
        "one by one, lookup": lambda: [answer for p in prompts for answer in guessing.write([p], most_tokens)],
        "batched": lambda: plain.write(prompts, most_tokens),
        "batched, beginnings shared": lambda: sharing.write(prompts, most_tokens),
    }
    timed = {name: _time(way, guessing) for name, way in ways.items()}
    slowest = timed["one by one"][0] / timed["one by one"][1]
    return [
        {
            "writing": name, "prompts": prompt_count, "tokens": tokens, "seconds": round(seconds, 2),
            "tokens per second": round(tokens / seconds, 1), "times one by one": round(tokens / seconds / slowest, 2),
        }
        for name, (tokens, seconds) in timed.items()
    ]  # fmt: skip


def _time(way: Callable[[], list[str]], writer: "Writer") -> tuple[int, float]:
    started = time.perf_counter()
    answers = way()
    seconds = time.perf_counter() - started
    return max(1, writer.count_tokens(answers)), seconds


def _prompts() -> Iterator[str]:
    for domain in domains().values():
        outline = load_outline(domain.folder)
        said = [field.description for field in domain.fields]
        yield from (outline.prompt(passage) for passage in _passages(said))


def _passages(said: Sequence[str]) -> Iterator[str]:
    for first in range(0, len(said), FIELDS_A_PROMPT):
        yield " ".join(said[first : first + FIELDS_A_PROMPT])
