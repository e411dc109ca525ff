"""A promise as a query over what is stored, and what breaks it."""

from dataclasses import dataclass
from typing import Literal

Promise = Literal[
    "evidence",
    "rulings",
    "proposals",
    "pages",
    "geometry",
    "summaries",
    "history",
    "orphans",
    "search",
    "conservation",
    "states",
    "files",
    "reviews",
    "privacy",
    "audit",
]


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken promise: what is wrong, and the ids of the rows that are (never their text)."""

    promise: Promise
    detail: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A promise put to the database: `sql` gives one column, the ids for which `detail` is true.

    The tables `expected` (domain, field) and `installed` (domain) stand for the domains given.
    """

    promise: Promise
    detail: str
    sql: str
