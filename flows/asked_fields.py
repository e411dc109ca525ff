"""What the writer finds of a user's own fields: each one's question put to a document as a run reads it.

Embeds the text anew, since a run does not index; the proposals are kept, so that a later run asks only what has changed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from domain_models.domain import Field
from domain_models.sentences import Interval
from flows.answering import first_vectors
from flows.searching import Meaning
from flows.stages.answer import Flat, Searched, answer
from flows.stages.locate import Asked, Piece, Vector, locate
from schemas.document import ParsedDocument
from schemas.finding import Span

if TYPE_CHECKING:
    from domain_models.runtime.generator import Writer


class FieldAsker:
    """The fields of one domain and the models that answer, each loaded when first needed."""

    def __init__(self, fields: Sequence[Field], writer: "Callable[[], Writer]") -> None:
        self.fields, self.writer, self.meaning = fields, writer, Meaning()

    def ask(self, text: str) -> list[Span]:
        """The likeliest answer to each field's question, however likely; none where the text has no words."""
        passages = self.meaning.embedder.embed([text])[0]
        pieces = [Piece(one.char_start, one.char_end, one.embedding) for one in passages]
        return [span for field in self.fields for span in self._asked(text, pieces, field)]

    def read(self, passages: Sequence[Flat], question: str) -> list[Interval]:
        """The characters of each passage that the writer answers with."""
        from domain_models.runtime.span_reader import SpanReader

        return SpanReader(self.writer()).read(passages, question)

    def _asked(self, text: str, pieces: Sequence[Piece], field: Field) -> list[Span]:
        asked = Asked(field.question, self._vectors([field.question])[0])
        passage = locate(text, pieces, asked, self._vectors)
        (best,) = answer([Searched(ParsedDocument("", "", text, ()), passage)], field.question, self)
        if best.char_end <= best.char_start:
            return []
        return [Span(field.name, best.char_start, best.char_end, best.probability)]

    def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        return first_vectors(self.meaning, texts)
