"""The prompt that puts a question to a passage, the same in training and in use."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

PROMPT_VERSION = "question.v1"
NOT_STATED = "Not stated."
"""The whole answer where the passage does not say."""


def question_prompt(passage: str, question: str) -> str:
    """What the writer is asked; the passage comes first, so that questions to the same passage begin alike."""
    return _template().render(passage=passage, question=question, not_stated=NOT_STATED)


@cache
def _template() -> Template:
    path = Path(__file__).parent / "prompts" / f"{PROMPT_VERSION}.jinja"
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=False, autoescape=False)  # noqa: S701  # a prompt, not HTML
    return environment.from_string(path.read_text(encoding="utf-8"))
