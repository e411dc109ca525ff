"""Date spans made whole: a tagger may mark "1, 2019" of "March 1, 2019", which says nothing by itself.

Works on places in the document's own text; what a date means is `answers.py`'s.
"""

from domain_models.legal.dates import find_dates
from domain_models.marks import typed
from schemas.finding import Span

DATES = frozenset({"agreement_date", "effective_date", "expiration_date"})
REACH = 30  # characters on either side that a cut date may have left out


def whole_date(text: str, span: Span) -> Span:
    """The span with the rest of a date that it cuts; as it is where it holds a whole date or cuts none."""
    words = typed(text[max(0, span.char_start - REACH) : span.char_end + REACH])
    offset = max(0, span.char_start - REACH)
    dates = [(offset + found.start, offset + found.end) for found in find_dates(words)]
    met = [(start, end) for start, end in dates if start < span.char_end and span.char_start < end]
    if not met or any(span.char_start <= start and end <= span.char_end for start, end in met):
        return span
    start, end = min(span.char_start, met[0][0]), max(span.char_end, met[-1][1])
    return Span(span.field, start, end, span.probability)
