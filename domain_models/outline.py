"""What a domain's summaries tell, topic by topic, and how the writer is asked. Knows no document and runs no model.

It stands in the domain's folder as the prompt `summary`, and as `rewrite`, the second attempt's where the first is refused.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Template

from domain_models.prompts import Prompt, newest_prompt


@dataclass(frozen=True, slots=True)
class Topic:
    """One sentence of a summary, and where what it tells stands.

    `fields` are names of findings that mark it, `sections` words of headings above it. A passage that holds all fields
    of `whole` stands before any other. Where `actors` names a kind of record, each of the first `most_actors` has a
    sentence: one in which a name of it stands before a verb of `duties` with none of `rights` behind.
    """

    name: str
    fields: frozenset[str]
    sections: tuple[str, ...]
    whole: frozenset[str] = frozenset()
    actors: str = ""
    most_actors: int = 0
    duties: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A domain's topics in reading order; `version` names the files they came from (`none` where there are none)."""

    version: str
    topics: tuple[Topic, ...]
    template: Template
    second: Prompt | None = None

    @property
    def prompts(self) -> str:
        """The versions of all that the writer is asked with."""
        return f"{self.version}+{self.second.version}" if self.second else self.version

    def prompt(self, passage: str) -> str:
        """What the writer is asked about one passage."""
        return self.template.render(passage=passage).strip()

    def second_prompt(self, passage: str) -> str:
        """What it is asked for a second attempt; no word of the first one's answer stands in it."""
        return self.second.template.render(passage=passage).strip() if self.second else ""


def load_outline(domain_folder: Path) -> Outline:
    """The newest outline of a domain's folder; a domain without one has no topics and is summarised by extraction."""
    prompt = newest_prompt(domain_folder, "summary")
    if prompt is None:
        return Outline("none", (), Template(""))
    topics = tuple(_topic(table) for table in prompt.table["topic"])
    return Outline(prompt.version, topics, prompt.template, newest_prompt(domain_folder, "rewrite"))


def _topic(table: dict[str, Any]) -> Topic:
    return Topic(
        name=table["name"],
        fields=frozenset(table["fields"]),
        sections=tuple(table["sections"]),
        whole=frozenset(table.get("whole", ())),
        actors=table.get("actors", ""),
        most_actors=table.get("most_actors", 0),
        duties=tuple(table.get("duties", ())),
        rights=tuple(table.get("rights", ())),
    )
