"""A text to all that identifies somebody in it, in order and without overlap."""

from collections.abc import Collection, Iterator

from domain_models.deidentify.addresses import addresses
from domain_models.deidentify.ages import ages
from domain_models.deidentify.contacts import contacts
from domain_models.deidentify.dates import find_dates
from domain_models.deidentify.doors import doors
from domain_models.deidentify.headers import headers
from domain_models.deidentify.identifier import Identifier, Kind
from domain_models.deidentify.names import names
from domain_models.deidentify.numbers import numbers

FIRST: tuple[Kind, ...] = ("email", "url", "ip", "date", "id", "phone", "age", "address", "name")
"""Where two overlap, the kind that stands first here keeps its place and the other what is left of it."""


def identify(text: str) -> tuple[Identifier, ...]:
    """Every identifier, in order, none touching a page break."""
    days = [(found.char_start, found.char_end) for found in find_dates(text)]
    homes = doors(text)
    dates = (Identifier("date", *day) for day in days if not any(home.holds(*day) for home in homes))
    behind = (Identifier("address", home.char_start, home.char_end) for home in homes)
    headed = frozenset(headers(text))
    found = [*contacts(text), *numbers(text), *ages(text), *dates, *addresses(text), *behind, *names(text), *headed]
    found.sort(key=lambda one: (_rank(one, headed), one.char_start - one.char_end, one.char_start))
    taken = bytearray(len(text))
    kept: list[Identifier] = []
    for identifier in found:
        for start, end in _free(text, taken, identifier):
            taken[start:end] = b"\1" * (end - start)
            kept.append(Identifier(identifier.kind, start, end))
    return tuple(sorted(kept, key=lambda one: one.char_start))


def _rank(one: Identifier, headed: Collection[Identifier]) -> float:
    """Its kind's place in FIRST; a name or number that a header tells stands before any address."""
    place = FIRST.index(one.kind)
    return min(place, FIRST.index("address") - 0.5) if one in headed else place


def _free(text: str, taken: bytearray, identifier: Identifier) -> Iterator[tuple[int, int]]:
    """What of the identifier is not taken yet and has a letter or digit, cut at page breaks and without outer spaces."""
    at = identifier.char_start
    while at < identifier.char_end:
        stop = at
        while stop < identifier.char_end and not taken[stop] and text[stop] != "\f":
            stop += 1
        start, end = at, stop
        while start < end and not text[start].isalnum() and text[start] not in "+(#":
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if any(c.isalnum() for c in text[start:end]):
            yield start, end
        at = max(stop, at + 1)
