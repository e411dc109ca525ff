"""Overviews to learn from: what labellers marked of a contract's title, parties and dates, told as `overview.py` tells it.

A contract teaches nothing where its labels and the words that a writer reads do not tell all of its parties.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from domain_models.composed import Piece, piece, piece_saying
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.legal.dates import find_dates
from domain_models.legal.introduction import introduction, overview_asked
from domain_models.legal.overview import (
    FARTHEST_SHORT_NAME,
    LONGEST_TITLE,
    SAME_SPELLING,
    Overview,
    are_whole,
    title_words,
)
from domain_models.legal.parties import cleaned_name
from domain_models.legal.signers import party_key
from domain_models.lessons import WriterExample
from domain_models.sentences import Interval

TITLE, PARTIES, DATED, EFFECTIVE = "Document Name", "Parties", "Agreement Date", "Effective Date"
_ENTRY = re.compile(r";\s*(?![^()]*\))")
_SHORT = re.compile(r"[\"“”]([^\"“”]{1,60})[\"“”]")


@dataclass(frozen=True, slots=True)
class Signer:
    """A party as labellers tell it: its name, and the short names that the contract gives it."""

    name: str
    called: tuple[str, ...]


def overviews_to_learn(path: Path) -> Sequence[Sequence[WriterExample]]:
    """For each contract of a labelled file the words around its title, parties and dates, and the overview they make."""
    return [list(_lessons(contract)) for contract in read_labelled(path)]


def labelled_signers(contract: LabelledDocument) -> list[Signer]:
    """The parties that the labellers' answer names; none of it that speaks of all parties at once."""
    entries = _ENTRY.split(contract.answers.get(PARTIES, ""))
    named = ((cleaned_name(entry.split("(“")[0].split('("')[0]), tuple(_SHORT.findall(entry))) for entry in entries)
    return [Signer(name, called) for name, called in named if name]


def _lessons(contract: LabelledDocument) -> Iterator[WriterExample]:
    places = _places(contract)
    read = introduction(contract.text, places[TITLE], [*places[PARTIES], *places[DATED], *places[EFFECTIVE]])
    overview = _overview(contract, places, read)
    if overview is not None:
        yield WriterExample(overview_asked(contract.text, read), overview.sentence)


def _places(contract: LabelledDocument) -> Mapping[str, list[Interval]]:
    places: dict[str, list[Interval]] = {label: [] for label in (TITLE, PARTIES, DATED, EFFECTIVE)}
    for span in contract.spans:
        if span.label in places and span.char_end - span.char_start <= LONGEST_TITLE:
            places[span.label].append((span.char_start, span.char_end))
    return {label: sorted(found) for label, found in places.items()}


def _overview(
    contract: LabelledDocument, places: Mapping[str, Sequence[Interval]], read: Sequence[Interval]
) -> Overview | None:
    """What the labels tell of the words read; None where these lack the title or a party."""
    text = contract.text
    seen = {
        label: [one for one in found if any(a <= one[0] and one[1] <= b for a, b in read)]
        for label, found in places.items()
    }
    title = next((words for place in seen[TITLE] if (words := title_words(text, place))), None)
    parties = [_party(text, signer, seen[PARTIES], read[-1][1]) for signer in labelled_signers(contract)]
    told = sorted((pieces for pieces in parties if pieces), key=lambda pieces: pieces[0].place)
    if title is None or len(told) < max(2, len(parties)) or not are_whole(text, [pieces[0] for pieces in told]):
        return None
    return Overview(title, told, _day(text, seen[DATED]), _day(text, seen[EFFECTIVE]))


def _party(text: str, signer: Signer, places: Sequence[Interval], end: int) -> list[Piece]:
    """The party's name where the labellers marked it, and the first of its short names right behind it and before `end`."""
    for place in places:
        marked = cleaned_name(text[slice(*place)])
        if marked and fuzz.ratio(party_key(marked), party_key(signer.name)) > SAME_SPELLING:
            name = piece_saying(text, place, marked)
            if name is not None:
                within = (name.place[1], min(end, name.place[1] + FARTHEST_SHORT_NAME))
                called = [one for called in signer.called if (one := _quoted(text, within, called))]
                return [name, *sorted(called, key=lambda one: one.place)[:1]]
    return []


def _quoted(text: str, within: Interval, called: str) -> Piece | None:
    marked = piece_saying(text, within, f'"{called}') or piece_saying(text, within, f'"{called},')
    return piece(text, marked.place[0] + 1, marked.place[1]) if marked else None


def _day(text: str, places: Sequence[Interval]) -> Piece | None:
    """The first place's day, where it names one alone."""
    for start, end in places:
        days = find_dates(text[start:end])
        if len(days) == 1:
            return piece(text, start + days[0].start, start + days[0].end)
    return None
