"""Whether a page's text is usable: enough of it, and words rather than the debris of a font without a character map."""

import re
import unicodedata
from collections.abc import Callable

import numpy
from numpy.typing import NDArray

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
_ASCII = bytes(range(0x80))
_QUIET_MARKS = "._-*•·…—–="

Tally = NDArray[numpy.int64]
"""How often each ASCII character stands in a text."""


def _chosen(is_chosen: Callable[[str], bool]) -> NDArray[numpy.bool_]:
    return numpy.array([is_chosen(chr(code)) for code in range(0x80)])


_ALPHANUMERIC, _LATIN, _SPACES = map(_chosen, (str.isalnum, str.isalpha, " \t\n\r\x0b\x0c".__contains__))
_CONTROL = _chosen(lambda character: not character.isprintable()) & ~_SPACES
_VOWELS, _QUIET = _chosen("aeiouyAEIOUY".__contains__), _chosen(_QUIET_MARKS.__contains__)


def count_letters(text: str) -> int:
    """How many letters and digits the text has."""
    plain, strange = _parts(text)
    return _count(plain, _ALPHANUMERIC) + sum(map(str.isalnum, strange))


def is_garbled(text: str) -> bool:
    """Whether the characters cannot be what the page shows: unmapped glyphs, or a wrong encoding."""
    plain, strange = _parts(text)
    solid = _count(plain, ~_SPACES) + len(strange)
    if not solid:
        return False
    return _odd_count(text, plain, strange) > ODD_SHARE * solid or _is_misencoded(solid, plain, strange)


def _parts(text: str) -> tuple[Tally, str]:
    """The ASCII characters counted, and all others without white space."""
    coded = text.encode(errors="surrogatepass")
    plain = numpy.bincount(numpy.frombuffer(coded, numpy.uint8), minlength=0x80)[:0x80]
    if text.isascii():
        return plain, ""
    return plain, "".join(coded.translate(None, _ASCII).decode(errors="surrogatepass").split())


def _count(plain: Tally, wanted: NDArray[numpy.bool_]) -> int:
    return int(plain[wanted].sum())


def _odd_count(text: str, plain: Tally, strange: str) -> int:
    has_names = "(cid:" in text or "/g" in text or "/G" in text or "/uni" in text
    named = sum(len(name) for name in _GLYPH_NAMES.findall(text)) if has_names else 0
    unmapped = {"Co", "Cn", "Cs", "Cc"}
    odd = sum(character == "\ufffd" or unicodedata.category(character) in unmapped for character in strange)
    return named + odd + _count(plain, _CONTROL)


def _is_misencoded(solid: int, plain: Tally, strange: str) -> bool:
    if solid < ENOUGH_LETTERS:
        return False
    # a font without a character map gives its glyph numbers: runs of punctuation with hardly a letter or a digit.
    # Dot leaders of a table of contents and rules of underscores are no sign of that.
    marks = _count(plain, ~(_ALPHANUMERIC | _QUIET | _SPACES))
    marks += sum(not character.isalnum() and character not in _QUIET_MARKS for character in strange)
    if marks > 0.5 * solid:
        return True
    letters = _count(plain, _LATIN)
    if letters < ENOUGH_LETTERS or letters < 0.5 * solid:
        return False
    vowels = _count(plain, _VOWELS) / letters
    return not VOWEL_SHARE[0] <= vowels <= VOWEL_SHARE[1]
