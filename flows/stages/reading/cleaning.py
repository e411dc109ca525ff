"""What a reader returned, made fit to store and to read: plain spaces, whole words, nothing that breaks a database.

Line breaks stay. A tab stands where a wide gap parts the cells of a row. Knows text only, neither page nor place.
"""

import re
from collections.abc import Iterable, Sequence

import numpy

from flows.stages.reading.traced import Edit, Traced, codes_of

BROKEN_WORD = "\ufffe"
"""pdfium writes this for a hyphen that ends a line, and leaves out the line break after it."""

LONGEST_HEAD = 60
"""Characters before a break that are looked at for the beginning of its word."""

BOUND_PREFIXES = frozenset({"anti", "cross", "non", "post", "quasi", "self", "semi", "then", "third", "well"})
"""Beginnings that keep their hyphen (`non-exclusive`). Not `re` or `pro`: those are halves of `required`, `provide`."""

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x200E, 0x2010), *range(0x202A, 0x202F)], "")
_CONTROLS = dict.fromkeys((code for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A, 0x0D)), "")
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
# U+0002 is the same mark in older PDF producers; a soft hyphen (U+00AD) at a line's end means the same
_REPLACED = {**_CONTROLS, **_INVISIBLE, **_LIGATURES}
_BREAKS = dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")
_SPACES = dict.fromkeys((0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_TRANSLATION = {**_SURROGATES, **_SPACES, **_BREAKS, 0x02: BROKEN_WORD}

_ODD = re.compile("[" + "".join(re.escape(chr(code)) for code in sorted(_REPLACED)) + "]")
_STRANGE = re.compile(f"[{''.join(re.escape(chr(code)) for code in sorted({*_TRANSLATION, *_REPLACED, 0xAD}))}]")
_USUAL = bytes([*b"\n", *range(0x20, 0x7F)])
_LONE_RETURN = re.compile(r"\r(?!\n)")
_SOFT_HYPHEN_BREAK = re.compile(r"\xad[^\S\n]*\n\s*")
# within a line it is printed as any hyphen: a page shows all that is on it
_SOFT_HYPHEN = re.compile(r"\xad")
# a pattern for each, since one that begins with a certain character is quicker to look for
_HYPHEN_BREAKS = {
    hyphen: re.compile(hyphen + r"(?<=[^\W\d_].)[^\S\n]*\n[^\S\n]*(?=[a-z])") for hyphen in ("-", "\u2010")
}
_GAP = re.compile(r"[^\S\n]{2,}")
_BLANK_LINES = re.compile(r"\n{3,}")
_BROKEN = re.compile(rf"(?P<mark>{BROKEN_WORD}\s*)(?P<tail>[\w-]*)")
_HEAD = re.compile(r"[\w-]*\Z")
_PARTED = bytes(code if code >= 0x80 or chr(code).isalnum() or chr(code) == "-" else ord(" ") for code in range(0x100))
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# "1.DEFINITIONS", '1.1"Affiliate"': the gap after a clause number is often a tab stop too narrow for the reader to see
_GLUED_NUMBER = re.compile(r"\n(?P<number>(?:\d{1,2}\.){1,4}\d{0,2})(?=[\"“(]?[A-Z][A-Za-z])")


def clean(pages: Iterable[str]) -> list[str]:
    """The pages' texts ready to join into a document; words broken over a line's end are whole again."""
    return [page.text for page in clean_traced(map(Traced.of, pages))]


def clean_traced(pages: Iterable[Traced]) -> list[Traced]:
    """As `clean`, each character still knowing where it came from."""
    return _mend_words([_clean_page(page) for page in pages])


def _clean_page(page: Traced) -> Traced:
    """One page without characters that are no text; broken words are still marked with BROKEN_WORD.

    Each rule is first asked, by the quickest question there is, whether it can apply at all.
    """
    if page.text.count("\r") > page.text.count("\r\n"):
        page = page.replaced(_LONE_RETURN, "\n")
    page = page.without("\r").swapped("\xa0", " ")
    if _STRANGE.search(_unusual(page.text)):
        page = page.translated(_TRANSLATION).replaced(_ODD, lambda odd: _REPLACED[ord(odd[0])])
        page = page.replaced(_SOFT_HYPHEN_BREAK, BROKEN_WORD).replaced(_SOFT_HYPHEN, "-")
    for hyphen, pattern in _HYPHEN_BREAKS.items():
        if hyphen in page.text:
            page = page.replaced(pattern, BROKEN_WORD)
    if "  " in page.text or "\t" in page.text:
        page = page.replaced(_GAP, lambda gap: "\t" if "\t" in gap[0] else " ")
    page = _without_margins(page)
    if "\n\n\n" in page.text:
        page = page.replaced(_BLANK_LINES, "\n\n")
    page = page.stripped()
    # a line break before every line, so that the pattern begins with one: that is quicker to look for than "^"
    numbers = (match.end("number") - 1 for match in _GLUED_NUMBER.finditer("\n" + page.text))
    return page.edited((at, at, " ") for at in numbers)


def _unusual(text: str) -> str:
    """What is left of the text without printable ASCII and line breaks."""
    return text.encode(errors="surrogatepass").translate(None, _USUAL).decode(errors="surrogatepass")


def _without_margins(page: Traced) -> Traced:
    """Without the space or tab on either side of a line break; there is no second one beside it."""
    if not any(margin in page.text for margin in (" \n", "\n ", "\t\n", "\n\t")):
        return page
    codes = codes_of(page.text)
    is_break, is_margin = codes == ord("\n"), (codes == ord(" ")) | (codes == ord("\t"))
    is_beside = numpy.zeros(len(codes), numpy.bool_)
    is_beside[:-1] |= is_break[1:]
    is_beside[1:] |= is_break[:-1]
    return page.kept(~(is_margin & is_beside))


def _mend_words(pages: Sequence[Traced]) -> list[Traced]:
    """The pages with every broken word rejoined, with or without its hyphen as the document itself writes it."""
    if not any(BROKEN_WORD in page.text for page in pages):
        return list(pages)
    known = _words("\n".join(_without_broken(page.text) for page in pages).lower())
    parts = known | {part for word in known if "-" in word for part in word.split("-")}

    def joint(broken: re.Match[str]) -> Edit:
        head = broken.string[_head_start(broken) : broken.start()]
        keeps = _keeps_hyphen(head.lower(), broken["tail"].lower(), known, parts)
        return (*broken.span("mark"), "-" if keeps else "")

    return [page.edited(map(joint, _BROKEN.finditer(page.text))) for page in pages]


def _words(text: str) -> set[str]:
    """The words of a text in lower case, hyphenated ones as one; ASCII words the quick way."""
    found = set(text.encode(errors="surrogatepass").translate(_PARTED).split())
    plain = {word for word in found if word.isalnum()}
    others = b" ".join(found - plain).decode(errors="surrogatepass")
    return {*b" ".join(plain).decode().split(), *_WORD.findall(others)}


def _head_start(broken: re.Match[str]) -> int:
    """Where the word begins whose end is broken off."""
    head = _HEAD.search(broken.string, max(0, broken.start() - LONGEST_HEAD), broken.start())
    return head.start() if head else broken.start()


def _without_broken(text: str) -> str:
    """The text without its broken words: their halves are no words."""
    done, kept = 0, []
    for broken in _BROKEN.finditer(text):
        kept.append(text[done : max(done, _head_start(broken))])
        done = broken.end()
    return " ".join((*kept, text[done:]))


def _keeps_hyphen(head: str, tail: str, known: set[str], parts: set[str]) -> bool:
    if f"{head}-{tail}" in known:
        return True
    if head + tail in known:
        return False
    if not head.isalpha() or not tail.isalpha() or len(head) == 1 or head in BOUND_PREFIXES:
        return True
    return head in parts and tail in parts and min(len(head), len(tail)) > 2
