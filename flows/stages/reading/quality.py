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
_ASCII = bytes(range(0x80))
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_QUIET_MARKS = "._-*•·…—–="
_SPACES = b" \t\n\r\x0b\x0c"
_ALPHANUMERIC = bytes(code for code in range(128) if chr(code).isalnum())
_LATIN = bytes(code for code in range(128) if chr(code).isalpha())
_CONTROL = bytes(code for code in range(128) if code < 0x20 or code == 0x7F)


def count_letters(text: str) -> int:
    """How many letters and digits the text has."""
    plain, strange = _parts(text)
    return _count(plain, _ALPHANUMERIC) + sum(map(str.isalnum, strange))


def is_garbled(text: str) -> bool:
    """Whether the characters cannot be what the page shows: unmapped glyphs, or a wrong encoding."""
    plain, strange = _parts(text)
    plain = plain.translate(None, _SPACES)
    solid = len(plain) + len(strange)
    if not solid:
        return False
    return _odd_count(text, plain, strange) > ODD_SHARE * solid or _is_misencoded(plain, strange)


def _parts(text: str) -> tuple[bytes, str]:
    """The ASCII characters, which bytes count fast, and all others without white space."""
    if text.isascii():
        return text.encode(), ""
    coded = text.encode(errors="surrogatepass")
    strange = coded.translate(None, _ASCII).decode(errors="surrogatepass")
    return coded.translate(None, _BEYOND_ASCII), "".join(strange.split())


def _count(plain: bytes, wanted: bytes) -> int:
    return len(plain) - len(plain.translate(None, wanted))


def _odd_count(text: str, plain: bytes, strange: str) -> int:
    has_names = "(cid:" in text or "/g" in text or "/G" in text or "/uni" in text
    named = sum(len(name) for name in _GLYPH_NAMES.findall(text)) if has_names else 0
    unmapped = {"Co", "Cn", "Cs", "Cc"}
    odd = sum(character == "\ufffd" or unicodedata.category(character) in unmapped for character in strange)
    return named + odd + _count(plain, _CONTROL)


def _is_misencoded(plain: bytes, strange: str) -> bool:
    solid = len(plain) + len(strange)
    if solid < ENOUGH_LETTERS:
        return False
    # a font without a character map gives its glyph numbers: runs of punctuation with hardly a letter or a digit.
    # Dot leaders of a table of contents and rules of underscores are no sign of that.
    quiet = _ALPHANUMERIC + _QUIET_MARKS.encode("ascii", errors="ignore")
    marks = len(plain.translate(None, quiet))
    marks += sum(not character.isalnum() and character not in _QUIET_MARKS for character in strange)
    if marks > 0.5 * solid:
        return True
    letters = _count(plain, _LATIN)
    if letters < ENOUGH_LETTERS or letters < 0.5 * solid:
        return False
    vowels = _count(plain, b"aeiouyAEIOUY") / letters
    return not VOWEL_SHARE[0] <= vowels <= VOWEL_SHARE[1]
