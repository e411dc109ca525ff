"""The prompt that puts a question to a passage, the same in training and in use."""

from functools import cache
from pathlib import Path

from jinja2 import Template

from domain_models.prompts import load_template

PROMPT_VERSION = "question.v1"
NOT_STATED = "Not stated."
"""The whole answer where the passage does not say."""


def question_prompt(passage: str, question: str) -> str:
    """What the writer is asked; the passage comes first, so that questions to the same passage begin alike."""
    return _template().render(passage=passage, question=question, not_stated=NOT_STATED)


@cache
def _template() -> Template:
    return load_template(Path(__file__).parent / "prompts" / f"{PROMPT_VERSION}.jinja")
