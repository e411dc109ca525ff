"""What a domain brings to teach a writer a task of its own: prompts as they are put in use, each with its one right answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WriterExample:
    """A prompt, and the answer that the writer is to give to it."""

    prompt: str
    answer: str


Teacher = Callable[[Path], Sequence[Sequence[WriterExample]]]
"""A file to the examples that each of its rows gives, in file order; none of a row whose labels do not tell the answer."""
