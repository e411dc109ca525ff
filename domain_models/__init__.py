"""What an expert and a model know. A sub-package that exposes `DOMAIN` is a domain; nothing else registers one.

A user's own fields join their domain where `use_custom_fields` has said where they lie.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from domain_models.custom_fields import with_custom_fields
from domain_models.domain import Domain
from schemas.errors import UnknownDomain

_custom: dict[str, Path | None] = {"path": None}


def use_custom_fields(path: Path | None) -> None:
    """From now on `domains()` has the fields of this file or folder too; None for those of Muniment alone."""
    _custom["path"] = path


def domains() -> Mapping[str, Domain]:
    """Every installed domain under its name, in alphabetical order."""
    found: dict[str, Domain] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if module.ispkg and module.name not in {"runtime", "training"}:
            domain = getattr(importlib.import_module(f"{__name__}.{module.name}"), "DOMAIN", None)
            if domain is not None:
                found[domain.name] = domain
    return with_custom_fields(found, _custom["path"])


def get_domain(name: str) -> Domain:
    """The domain of that name; `UnknownDomain` names the choices otherwise."""
    have = domains()
    if name not in have:
        raise UnknownDomain(name, have)
    return have[name]
