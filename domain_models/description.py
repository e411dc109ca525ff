"""How a domain has a whole text described in one sentence: what of it is read, and how the writer is asked.

It stands in the domain's folder as the prompt `description`. Runs no model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Template

from domain_models.prompts import newest_prompt
from schemas.errors import BadInput

MAX_NEW_TOKENS = 64  # nine in ten descriptions of mtsamples train have at most 54
# Dictated records keep headings in capitals where their line breaks were lost: "IMPRESSION:,1. Pneumonia."
_HEADING = re.compile(r"(?:^|[\s,.])([A-Z][A-Z /&()-]{3,60}):")


@dataclass(frozen=True)
class Description:
    """What is read of a text (lengths in characters) and how it is put; `version` names the files it came from."""

    version: str
    template: Template
    characters: int
    opening: int
    section: int
    headings: tuple[str, ...]

    def prompt(self, text: str) -> str:
        """What the writer is asked about a text."""
        return self.template.render(passage=self.excerpt(text)).strip()

    def excerpt(self, text: str) -> str:
        """The text's beginning, then the beginnings of the sections that tell most, at most `characters` long."""
        flat = " ".join(text.split())
        if len(flat) <= self.characters:
            return flat
        pieces = [_whole_words(flat[: self.opening])]
        room = self.characters - self.opening
        for section in self._telling_sections(flat[self.opening :]):
            piece = _whole_words(section[: min(self.section, room)])
            pieces.append(piece)
            room -= len(piece) + 1
            if room <= 0:
                break
        return " ".join(pieces)

    def _telling_sections(self, text: str) -> Iterator[str]:
        found = list(_HEADING.finditer(text))
        ends = [match.start(1) for match in found[1:]] + [len(text)] * bool(found)
        for match, end in zip(found, ends, strict=True):
            if any(word in match[1].lower() for word in self.headings):
                yield text[match.start(1) : end]


def load_description(domain_folder: Path) -> Description:
    """The newest way of describing that the domain's folder has; BadInput where it has none."""
    prompt = newest_prompt(domain_folder, "description")
    if prompt is None:
        raise BadInput(f"domain {domain_folder.name!r} has no prompts/description.vN.toml to describe a text by")
    table = prompt.table
    return Description(
        version=prompt.version,
        template=prompt.template,
        characters=table["characters"],
        opening=table["opening"],
        section=table["section"],
        headings=tuple(table["headings"]),
    )


def _whole_words(text: str) -> str:
    """The text without what its cut may have left of a last word."""
    return text.rsplit(" ", 1)[0] if " " in text else text
