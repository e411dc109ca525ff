"""Who signs a contract, from all its party findings: each signer once, with the short names that the contract gives it.

Knows where contracts introduce their parties; what one quote says is `parties.py`'s.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain_models.legal.parties import LONGEST_INTRODUCTION, PARTIES, PartyWords, introduction_end, party_words
from schemas.finding import Finding

SURE_WITHOUT_FORM = 0.9  # probability that a third or further name without "Inc." or the like needs
SURE_ANYWHERE = 0.98  # ... and a name past the introduction; a consortium lists its members on a schedule
_SHORT_FORMS = {"incorporated": "inc", "corporation": "corp", "limited": "ltd", "company": "co"}


@dataclass(frozen=True)
class NamedParty:
    """The finding that names a signer, and those of the short names that the contract gives to it."""

    finding: Finding
    name: str
    defined: tuple[Finding, ...] = field(default=())


def named_parties(text: str, findings: Sequence[Finding]) -> list[NamedParty]:
    """The signers in reading order, each once; a contract that only calls them by role gives the roles."""
    read = [(f, words) for f in in_order(findings) if f.field == PARTIES and (words := _words_of(text, f)) is not None]
    names = _introduced_names(text, _names(text, read))
    if not names:
        return [NamedParty(f, words.name) for f, words in _once(read)]
    taken = {finding.id for finding, _ in names}
    defined = [finding for finding, _ in _once(read) if finding.id not in taken]
    return [NamedParty(f, w.name, tuple(d for d in defined if _introduced(names, d) is f)) for f, w in names]


def party_key(name: str) -> str:
    """Equal for spellings of one name: lower case, letters and digits only, legal forms shortened."""
    words = (_SHORT_FORMS.get(word, word) for word in re.findall(r"[^\W_]+", name.lower()))
    return "".join(words)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """The findings in reading order."""
    return sorted(findings, key=lambda finding: (finding.char_start, finding.char_end, finding.field))


def _words_of(text: str, finding: Finding) -> PartyWords | None:
    return party_words(text, finding.char_start, finding.char_end)


def _names(text: str, read: Sequence[tuple[Finding, PartyWords]]) -> list[tuple[Finding, PartyWords]]:
    """Real names, each once: none that shortens another ("Google" of "Google Inc."), runs on past one or lists several."""
    keys = {party_key(words.name) for _, words in read}
    names = {party_key(words.name): words for _, words in read if not words.defined}
    whole = [(f, w) for f, w in read if not w.defined and not _is_cut(text[: f.char_start], w, names)]
    return [
        (finding, words)
        for finding, words in _once(whole)
        if not _shortens(words, names) and not _runs_on(words, names) and not _lists(words, keys)
    ]


def _is_cut(before: str, words: PartyWords, names: Collection[str]) -> bool:
    """Whether the words before complete another name: "HERITAGE [FOODS, LLC]" where "Heritage Foods LLC" signs."""
    key, lead = party_key(words.name), party_key(before[-80:])
    return any(other != key and other.endswith(key) and lead.endswith(other.removesuffix(key)) for other in names)


def _shortens(words: PartyWords, names: Mapping[str, PartyWords]) -> bool:
    key = party_key(words.name)
    return not words.whole and any(other != key and other.startswith(key) for other in names)


def _runs_on(words: PartyWords, names: Mapping[str, PartyWords]) -> bool:
    key = party_key(words.name)
    return any(other != key and key.startswith(other) and names[other].whole for other in names)


def _lists(words: PartyWords, keys: Collection[str]) -> bool:
    """ "Acme and Beta" where both are names of their own."""
    pieces = [party_key(piece) for piece in re.split(r",|\band\b|&", words.name, flags=re.IGNORECASE)]
    whole = party_key(words.name)
    others = [key for key in keys if key != whole]
    return (
        not words.whole
        and len(pieces) > 1
        and all(piece and any(key.startswith(piece) for key in others) for piece in pieces)
    )


def _introduced_names(text: str, names: Sequence[tuple[Finding, PartyWords]]) -> Sequence[tuple[Finding, PartyWords]]:
    """Those named before the recitals where two or more are; companies that a contract talks of later do not sign it."""
    if not names:
        return names
    ends = introduction_end(text, names[0][0].char_start)
    introduced = [named for named in names if named[0].char_start < ends or named[0].probability >= SURE_ANYWHERE]
    whole = [named for named in names if named in introduced or named[1].whole]
    chosen = next((some for some in (introduced, whole) if len(some) > 1), names)
    surest = sorted(chosen, key=lambda named: (not named[1].whole, -named[0].probability))[:2]
    return [n for n in chosen if n in surest or n[1].whole or n[0].probability >= SURE_WITHOUT_FORM]


def _once(read: Sequence[tuple[Finding, PartyWords]]) -> Iterator[tuple[Finding, PartyWords]]:
    seen: set[str] = set()
    for finding, words in read:
        key = party_key(words.name)
        if key and key not in seen:
            seen.add(key)
            yield finding, words


def _introduced(names: Sequence[tuple[Finding, PartyWords]], defined: Finding) -> Finding | None:
    """The name that a short name follows closely, else the one it shortens."""
    before = [f for f, _ in names if f.char_end <= defined.char_start <= f.char_end + LONGEST_INTRODUCTION]
    if before:
        return before[-1]
    key = party_key(defined.quote)
    return next((f for f, words in names if key and party_key(words.name).startswith(key)), None)
