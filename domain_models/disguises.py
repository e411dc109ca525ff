"""How a reader hears a text whose letters are disguised: wide, foreign, spaced out or written as digits, or cut by nothing.

Knows shapes of letters, not words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_SPACE = re.compile(r"\s+")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .*·-]){3,}[^\W\d_](?!\w)")
_GAP = re.compile(r"[ .*·-]")
_JOINED = re.compile(r"(?<=[^\W\d_])[-_*~|/+.]+(?=[^\W\d_])")
_CIPHERED = re.compile(r"\b(?=[a-z]*[\d@$]+[a-z])[a-z\d@$]{3,}|\b\d+[a-z]{2,}\b", re.IGNORECASE)
_CIPHER = str.maketrans("013457@$", "oieastas")
# Letters of other alphabets that look like Latin ones (Unicode's confusables.txt, those of one letter to one).
_FOREIGN = "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορτυχι"
_LATIN = "ABESIJKMHOPCTYXaesijopcyxhdqwlABEZHIKMNOPTYXavoptuxi"
_LOOKALIKE = str.maketrans(_FOREIGN, _LATIN)
_DISGUISES = (
    _SPACED,
    re.compile(_JOINED.pattern + r"(?=[^\W\d_]+[-_*~|/+.])"),
    re.compile(r"(?<=[A-Za-z])[013457@$]+(?=[A-Za-z])"),
    re.compile(f"[{_FOREIGN}]+"),
)
"""What shows a disguise: one word may well have a hyphen, or begin with a number."""
_AROUND = 300
"""An order has all its words within so many characters of one that is disguised."""


def readings(text: str) -> tuple[str, ...]:
    """The text on one line without what cannot be seen; then, if any, the stretches around disguises without these."""
    shown = text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    places = sorted(found.start() for disguise in _DISGUISES for found in disguise.finditer(shown))
    bare = [_undisguised(shown[start:end]) for start, end in stretches(places, _AROUND)]
    return (_SPACE.sub(" ", shown), *(("\n".join(bare),) if bare else ()))


def stretches(places: Iterable[int], around: int) -> Iterator[tuple[int, int]]:
    """The half-open intervals, in order and apart, that hold all that is so near to any of the ordered places."""
    start = end = 0
    for at in places:
        if end and at - around > end:
            yield start, end
            end = 0
        if not end:
            start = max(0, at - around)
        end = at + around
    if end:
        yield start, end


def _undisguised(text: str) -> str:
    text = _SPACED.sub(lambda run: _GAP.sub("", run[0]), text)
    text = _JOINED.sub(" ", text.translate(_LOOKALIKE))
    return _SPACE.sub(" ", _CIPHERED.sub(lambda word: word[0].translate(_CIPHER), text))
