"""Whether a page's text is usable: enough of it, and words rather than the debris of a font without a character map."""

import re
import unicodedata

STRAY_CHARS = 16
"""A scanned page often carries a few stray characters (a stamp, a page number); fewer letters than this are no text."""

SPARSE_CHARS = 120
"""Up to here a page that is mostly image is taken for a scan with a stamp on it."""

ODD_SHARE = 0.08
VOWEL_SHARE = (0.18, 0.62)
"""English prose has 0.37 to 0.41 vowels among its letters; tables of abbreviations reach down to 0.25."""

ENOUGH_LETTERS = 100
"""Below this many letters, shares say little and the text is given the benefit of the doubt."""

_GLYPH_NAMES = re.compile(r"\(cid:\d+\)|/[gG]\d{1,5}\b|/uni[0-9A-F]{4}\b")
_ASCII = dict.fromkeys(range(0x20, 0x7F))
_LATIN = re.compile(r"[a-zA-Z]")
_MARK = re.compile(r"[^\w.\-*•·…—–=]")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")


def count_letters(text: str) -> int:
    """How many letters and digits the text has."""
    return sum(map(str.isalnum, text))


def is_garbled(text: str) -> bool:
    """Whether the characters cannot be what the page shows: unmapped glyphs, or a wrong encoding."""
    solid = "".join(text.split())
    if not solid:
        return False
    return _odd_share(solid) > ODD_SHARE or _is_misencoded(solid)


def _odd_share(solid: str) -> float:
    named = sum(len(name) for name in _GLYPH_NAMES.findall(solid))
    strange = solid.translate(_ASCII)
    unmapped = {"Co", "Cn", "Cs", "Cc"}
    odd = sum(character == "\ufffd" or unicodedata.category(character) in unmapped for character in strange)
    return (odd + named) / len(solid)


def _is_misencoded(solid: str) -> bool:
    if len(solid) < ENOUGH_LETTERS:
        return False
    # a font without a character map gives its glyph numbers: runs of punctuation with hardly a letter or a digit.
    # Dot leaders of a table of contents and rules of underscores are no sign of that.
    marks = len(_MARK.findall(solid))
    if marks > 0.5 * len(solid):
        return True
    letters = len(_LATIN.findall(solid))
    if letters < ENOUGH_LETTERS or letters < 0.5 * len(solid):
        return False
    vowels = len(_VOWEL.findall(solid)) / letters
    return not VOWEL_SHARE[0] <= vowels <= VOWEL_SHARE[1]
