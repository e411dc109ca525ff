"""What a domain's summaries tell, topic by topic, and how the writer is asked. Knows no document and runs no model.

It stands in the domain's folder as the prompt `summary`.
"""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Template

from domain_models.prompts import newest_prompt


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
    prompt = newest_prompt(domain_folder, "summary")
    if prompt is None:
        return Outline("none", (), Template(""))
    return Outline(prompt.version, tuple(_topic(table) for table in prompt.table["topic"]), prompt.template)


def _topic(table: dict[str, list[str] | str]) -> Topic:
    return Topic(
        name=str(table["name"]),
        fields=frozenset(table["fields"]),
        sections=tuple(table["sections"]),
        whole=frozenset(table.get("whole", ())),
    )
