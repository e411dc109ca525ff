"""Where a reviewed passage stands in the text of now: at its place while the text is the same, else where its words are
found again beyond doubt. Knows texts and passages only.
"""

import re

from schemas.review import Passage

Interval = tuple[int, int]


def place_of(text: str, passage: Passage, is_same_text: bool) -> Interval | None:
    """The passage's interval in `text`; None where its words are not there, or it is not certain which of them it was.

    In another text the words must stand once between the words that stood before or after them; white space may differ.
    """
    if is_same_text:
        return passage.char_start, passage.char_end
    words = r"\s+".join(map(re.escape, passage.quote.split()))
    found = [match.span() for match in re.finditer(words, text)] if words else []
    certain = [span for span in found if _stands_where_it_did(text, span, passage)]
    return certain[0] if len(certain) == 1 else None


def _stands_where_it_did(text: str, span: Interval, passage: Passage) -> bool:
    before, after = _plain(passage.before), _plain(passage.after)
    room = 2 * max(len(passage.before), len(passage.after)) + 20
    now_before, now_after = _plain(text[max(0, span[0] - room) : span[0]]), _plain(text[span[1] : span[1] + room])
    return _ends(now_before, before) or _ends(now_after[::-1], after[::-1])


def _ends(whole: str, part: str) -> bool:
    """Whether the text ends like the part; nothing at all (an end of the document) only like nothing."""
    return whole.endswith(part) if part else not whole


def _plain(text: str) -> str:
    return " ".join(text.split())
