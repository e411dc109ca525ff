"""Fields that a user adds without code: TOML files with a question each, which the writer answers from the page.

They join the fields of their domain, so rulings, findings, views and checks treat them alike. Knows files and what makes a
field, no document.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from domain_models.domain import Domain, Field, Kind
from schemas.errors import BadInput

KEYS = ("name", "title", "question", "kind", "domain")
KINDS: tuple[str, ...] = get_args(Kind)
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def with_custom_fields(domains: Mapping[str, Domain], path: Path | None) -> Mapping[str, Domain]:
    """The domains, each with the fields that the file, or the folder's `.toml` files, add to it. Raises BadInput."""
    if path is None:
        return domains
    added: dict[str, list[Field]] = {}
    for where, table in _tables(path):
        domain, field = _checked(where, table, domains)
        if field.name in {one.name for one in (*domains[domain].fields, *added.get(domain, ()))}:
            raise BadInput(f"{where}: there is a field {field.name!r} of domain {domain!r} already; give another name")
        added.setdefault(domain, []).append(field)
    return {name: _extended(domain, added.get(name, ())) for name, domain in domains.items()}


def asked_fields(domain: Domain) -> tuple[Field, ...]:
    """The domain's fields that a question finds."""
    return tuple(field for field in domain.fields if field.question)


def asked_version(domain: Domain) -> str:
    """Names the domain's questions, and how they are judged, in stored rows; empty where it has none."""
    fields = asked_fields(domain)
    if not fields:
        return ""
    from domain_models.answering.confidence import load_confidence  # numpy comes with it

    told = repr([load_confidence().version, *((field.name, field.kind, field.question) for field in fields)])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _extended(domain: Domain, fields: Sequence[Field]) -> Domain:
    if not fields:
        return domain
    extended = replace(domain, fields=(*domain.fields, *fields))
    return replace(extended, rules_version=f"{domain.rules_version}+fields-{asked_version(extended)}")


def _tables(path: Path) -> Iterator[tuple[str, Any]]:
    """Each `[[field]]` table, and where it stands."""
    if not path.exists():
        raise BadInput(f"no file or folder of fields at {path}")
    for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{file} is no TOML: {error}") from None
        if set(found) != {"field"} or not isinstance(found["field"], list):
            raise BadInput(f"{file} has {', '.join(sorted(found)) or 'nothing'}; have: one [[field]] table a field")
        yield from ((f"{file}, field {number}", table) for number, table in enumerate(found["field"], start=1))


def _checked(where: str, table: Mapping[str, Any], domains: Mapping[str, Domain]) -> tuple[str, Field]:
    unknown = [key for key in table if key not in KEYS]
    if unknown:
        raise BadInput(f"{where}: unknown key {unknown[0]!r}; have: {', '.join(KEYS)}")
    for key in KEYS:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise BadInput(f"{where}: {key!r} is {table.get(key)!r}; give a text")
    for key, choices in (("kind", KINDS), ("domain", tuple(domains))):
        if table[key] not in choices:
            raise BadInput(f"{where}: unknown {key} {table[key]!r}; have: {', '.join(choices)}")
    if not NAME.fullmatch(table["name"]):
        raise BadInput(f"{where}: {table['name']!r} cannot be a name; small letters, digits and _, a letter first")
    title, question = (" ".join(table[key].split()) for key in ("title", "question"))
    return table["domain"], Field(table["name"], "", table["kind"], f"{title}: {question}", question)
