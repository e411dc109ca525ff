"""Whether a text reads as an English contract at all, from how many of its words are of that kind.

Knows word lists (`language.toml`); says nothing of what kind of contract it is. A tagger that finds nothing in a French
lease or in a clinical letter has not shown that a clause is absent.
"""

import re
import tomllib
from pathlib import Path

READ_CHARS = 40_000
# Of 348 filed contracts the least English has 18 % such words and the least contractual 1.1 %; of 329 clinical notes the
# most contractual has 1.0 %.
LEAST_ENGLISH = 0.12
LEAST_CONTRACT = 0.0105

_WORDS = tomllib.loads((Path(__file__).parent / "language.toml").read_text(encoding="utf-8"))
_ENGLISH, _CONTRACT = frozenset(_WORDS["english"]), frozenset(_WORDS["contract"])


def reads_as_contract(text: str) -> bool:
    """Whether enough of the words at the start are English, and enough are a contract's."""
    words = re.findall(r"[^\W\d_]+", text[:READ_CHARS].lower())
    english = sum(word in _ENGLISH for word in words)
    contract = sum(word in _CONTRACT for word in words)
    return bool(words) and english >= LEAST_ENGLISH * len(words) and contract >= LEAST_CONTRACT * len(words)
