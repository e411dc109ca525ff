"""Typeset marks as a keyboard has them, character for character, so that every offset stays true."""

_TYPED = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "‑": "-", "−": "-", "\f": " "}
)


def typed(text: str) -> str:
    """The text, of the same length, with straight quotes, plain hyphens and a space where a page ends.

    Taggers learn from texts that were typed. A tokenizer drops a page's end and glues the words around it.
    """
    return text.translate(_TYPED)
