"""What a reader returned, made fit to store and to read: plain spaces, whole words, nothing that breaks a database.

Line breaks stay. A tab stands where a wide gap parts the cells of a row. Knows text only, neither page nor place.
"""

import re
from collections.abc import Iterable, Sequence

BROKEN_WORD = "\ufffe"
"""pdfium writes this for a hyphen that ends a line, and leaves out the line break after it."""

BOUND_PREFIXES = frozenset({"anti", "cross", "non", "quasi", "self", "semi", "then", "third", "well"})
"""Beginnings that keep their hyphen (`non-exclusive`). Not `re` or `pro`: those are halves of `required`, `provide`."""

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x200E, 0x2010), *range(0x202A, 0x202F)])
_CONTROLS = dict.fromkeys(code for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A))
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
# U+0002 is the same mark in older PDF producers; a soft hyphen (U+00AD) at a line's end means the same
_TRANSLATION = {**_CONTROLS, **_SURROGATES, **_INVISIBLE, **_LIGATURES, 0x02: BROKEN_WORD}

_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SOFT_HYPHEN_BREAK = re.compile(r"\xad[^\S\n]*\n\s*")
_HYPHEN_BREAK = re.compile(r"(?<=[^\W\d_])[-\u2010][^\S\n]*\n[^\S\n]*(?=[a-z])")
_GAP = re.compile(r"[^\S\n]+")
_MARGIN = re.compile(r" ?\n ?|\t\n|\n\t")
_BLANK_LINES = re.compile(r"\n{3,}")
_BROKEN = re.compile(rf"([\w-]*){BROKEN_WORD}\s*([\w-]*)")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# "1.DEFINITIONS", '1.1"Affiliate"': the gap after a clause number is often a tab stop too narrow for the reader to see
_GLUED_NUMBER = re.compile(r"^((?:\d{1,2}\.){1,4}\d{0,2})(?=[\"“(]?[A-Z][A-Za-z])", re.MULTILINE)


def clean(pages: Iterable[str]) -> list[str]:
    """The pages' texts ready to join into a document; words broken over a line's end are whole again."""
    return mend_words([clean_page(text) for text in pages])


def clean_page(text: str) -> str:
    """One page's text without characters that are no text; broken words are still marked with BROKEN_WORD."""
    text = _LINE_BREAK.sub("\n", text).translate(_TRANSLATION)
    text = _SOFT_HYPHEN_BREAK.sub(BROKEN_WORD, text).replace("\xad", "")
    text = _HYPHEN_BREAK.sub(BROKEN_WORD, text)
    text = _GAP.sub(lambda gap: "\t" if "\t" in gap[0] else " ", text)
    text = _BLANK_LINES.sub("\n\n", _MARGIN.sub("\n", text)).strip()
    return _GLUED_NUMBER.sub(r"\1 ", text)


def mend_words(pages: Sequence[str]) -> list[str]:
    """The pages with every broken word rejoined, with or without its hyphen as the document itself writes it."""
    if not any(BROKEN_WORD in text for text in pages):
        return list(pages)
    known = {word.lower() for text in pages for word in _WORD.findall(_BROKEN.sub(" ", text))}
    parts = known | {part for word in known for part in word.split("-")}

    def mend(broken: re.Match[str]) -> str:
        head, tail = broken[1], broken[2]
        return f"{head}-{tail}" if _keeps_hyphen(head.lower(), tail.lower(), known, parts) else head + tail

    return [_BROKEN.sub(mend, text) for text in pages]


def _keeps_hyphen(head: str, tail: str, known: set[str], parts: set[str]) -> bool:
    if f"{head}-{tail}" in known:
        return True
    if head + tail in known:
        return False
    if not head.isalpha() or not tail.isalpha() or len(head) == 1 or head in BOUND_PREFIXES:
        return True
    return head in parts and tail in parts and min(len(head), len(tail)) > 2
