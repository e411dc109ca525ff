"""Prompts as they stand in a domain's folder: `prompts/NAME.vN.toml`, what is read, and `prompts/NAME.vN.jinja`, how it is put.

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
    """One version: `version` is the name of its files, `table` what the first holds."""

    version: str
    table: dict[str, Any]
    template: Template


def newest_prompt(domain_folder: Path, name: str) -> Prompt | None:
    """The newest version of that prompt; None where the domain's folder has none."""
    numbered = re.compile(rf"{re.escape(name)}\.v(\d+)")
    found = [(int(m[1]), p) for p in (domain_folder / "prompts").glob("*.toml") if (m := numbered.fullmatch(p.stem))]
    if not found:
        return None
    newest = max(found)[1]
    table = tomllib.loads(newest.read_text(encoding="utf-8"))
    return Prompt(newest.stem, table, load_template(newest.with_suffix(".jinja")))


def load_template(path: Path) -> Template:
    """A prompt's wording; a name that is not given to it is an error."""
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701  # a prompt is no HTML
    return environment.from_string(path.read_text(encoding="utf-8"))
