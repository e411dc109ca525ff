"""What a domain's summaries tell, topic by topic, and how the writer is asked. Knows no document and runs no model.

It stands in the domain's folder as `prompts/summary.vN.toml` and `prompts/summary.vN.jinja`; the highest N counts. A
version that wrote stored summaries is never edited: a change is a new N.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

_VERSIONED = re.compile(r"summary\.v(\d+)")


@dataclass(frozen=True, slots=True)
class Topic:
    """One sentence of a summary, and where what it tells stands.

    `fields` are names of findings that mark it, `sections` words of headings above it. A passage that holds all fields
    of `whole` stands before any other.
    """

    name: str
    fields: frozenset[str]
    sections: tuple[str, ...]
    whole: frozenset[str]


@dataclass(frozen=True)
class Outline:
    """A domain's topics in reading order; `version` names the files they came from (`none` where there are none)."""

    version: str
    topics: tuple[Topic, ...]
    template: Template

    def prompt(self, passage: str) -> str:
        """What the writer is asked about one passage."""
        return self.template.render(passage=passage).strip()


def load_outline(domain_folder: Path) -> Outline:
    """The newest outline of a domain's folder; a domain without one has no topics and is summarised by extraction."""
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - a prompt is no HTML
    found = [(int(m[1]), p) for p in (domain_folder / "prompts").glob("*.toml") if (m := _VERSIONED.fullmatch(p.stem))]
    if not found:
        return Outline("none", (), environment.from_string(""))
    newest = max(found)[1]
    tables = tomllib.loads(newest.read_text(encoding="utf-8"))["topic"]
    template = environment.from_string(newest.with_suffix(".jinja").read_text(encoding="utf-8"))
    return Outline(newest.stem, tuple(_topic(table) for table in tables), template)


def _topic(table: dict[str, list[str] | str]) -> Topic:
    return Topic(
        name=str(table["name"]),
        fields=frozenset(table["fields"]),
        sections=tuple(table["sections"]),
        whole=frozenset(table.get("whole", ())),
    )
