"""The tables of asserted statements, and how many of each class are read right."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from domain_models.medical.assertion import assertion_of
from domain_models.medical.lexicon import Kind
from schemas.document import Section

Statement = Sequence[str]  # the statement, the mention in it and, where it matters, the heading above

_FOLDER = Path(__file__).parent


def load_statements() -> Mapping[Kind, Mapping[str, Sequence[Statement]]]:
    """The statements of each class, for each kind of thing that they mention."""
    problems = tomllib.loads((_FOLDER / "medical_assertions.toml").read_text(encoding="utf-8"))
    treatments = tomllib.loads((_FOLDER / "medical_treatment_assertions.toml").read_text(encoding="utf-8"))
    return {"problem": problems, "medication": treatments["medication"], "procedure": treatments["procedure"]}


def wrong(kind: Kind, stated: str) -> Iterator[tuple[Statement, str]]:
    """The statements of a class that are read as another, and as which."""
    for statement in load_statements()[kind][stated]:
        answer = asserted(kind, *statement)
        if answer != stated:
            yield statement, answer


def asserted(kind: Kind, statement: str, mention: str, title: str = "") -> str:
    """What the statement is read to say of the mention, beneath the title if there is one."""
    text = f"{title}\n{statement}" if title else statement
    sections = (Section(title, 1, (title,), 0, len(text)),) if title else ()
    start = text.index(mention, len(text) - len(statement))
    return assertion_of(text, sections, start, start + len(mention), kind)


def figures() -> Iterator[str]:
    """A line for each kind and class, then one for each statement that is misread."""
    for kind, classes in load_statements().items():
        counts = {stated: (len(rows), len(list(wrong(kind, stated)))) for stated, rows in classes.items()}
        for stated, (count, missed) in counts.items():
            yield f"{kind:<11}{stated:<13}{count - missed:>4} of {count:>3}  {1 - missed / count:.3f}"
        total, errors = (sum(column) for column in zip(*counts.values(), strict=True))
        yield f"{kind:<11}{'all':<13}{total - errors:>4} of {total:>3}  {1 - errors / total:.3f}"
        for stated in classes:
            for statement, answer in wrong(kind, stated):
                yield f"    {stated} read as {answer}: {statement[0]} [{statement[1]}]"
