"""Of which relative a family history speaks. Knows statements and places, not grammar."""

from collections.abc import Sequence

from domain_models.medical.sentences import statement_of
from schemas.finding import Finding


def relative_of(head: Finding, relatives: Sequence[Finding], statements: Sequence[tuple[int, int]]) -> Finding | None:
    """The relative named last before the problem in its statement, else the first one behind it: "a stroke in her father"."""
    start, end = statements[statement_of(statements, head.char_start)]
    near = [one for one in relatives if start <= one.char_start < end]
    before = [one for one in near if one.char_end <= head.char_start]
    behind = [one for one in near if one.char_start >= head.char_end]
    return max(before, key=lambda one: one.char_start, default=None) or min(
        behind, key=lambda one: one.char_start, default=None
    )
