"""Prompts as they stand in a domain's folder: `prompts/NAME.vN.jinja`, how it is put, beside `prompts/NAME.vN.toml`, what is read.

The highest N counts. A version that an adapter was trained on, or that wrote stored summaries, is never edited: a change
is a new N.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template


@dataclass(frozen=True)
class Prompt:
    """One version: `version` is the name of its files, `table` what the first holds, where there is one."""

    version: str
    table: dict[str, Any]
    template: Template


def newest_prompt(domain_folder: Path, name: str) -> Prompt | None:
    """The newest version of that prompt; None where the domain's folder has none."""
    numbered = re.compile(rf"{re.escape(name)}\.v(\d+)")
    found = [(int(m[1]), p) for p in (domain_folder / "prompts").glob("*.jinja") if (m := numbered.fullmatch(p.stem))]
    if not found:
        return None
    newest = max(found)[1]
    beside = newest.with_suffix(".toml")
    table = tomllib.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    return Prompt(newest.stem, table, load_template(newest))


def own_prompt(module: str, name: str) -> Prompt:
    """The newest version of the prompt that stands beside a module of the domain (its `__file__`)."""
    prompt = newest_prompt(Path(module).parent, name)
    assert prompt is not None  # it ships with the module
    return prompt


def load_template(path: Path) -> Template:
    """A prompt's wording; a name that is not given to it is an error."""
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701  # a prompt is no HTML
    return environment.from_string(path.read_text(encoding="utf-8"))
