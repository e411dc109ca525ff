"""What is found of a user's own fields: each one's question put to a document as a run reads it.

The writer chooses the words of a value; a text or a clause is what was found for the question, whole.
Embeds the text anew, since a run does not index; the proposals are kept, so that a later run asks only what has changed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from domain_models.domain import Field
from domain_models.sentences import Interval
from flows.meaning import Meaning
from flows.stages.answer import Flat, Reader, Searched, answer
from flows.stages.locate import Piece, ask_for, locate
from schemas.document import PAGE_BREAK, ParsedDocument, join_pages
from schemas.finding import Span

if TYPE_CHECKING:
    from domain_models.runtime.generator import Writer


WHOLE = frozenset({"text", "clause"})
"""Kinds of field whose value is all that answers, not some words of it."""


class FieldAsker:
    """The fields of one domain and the models that answer, each loaded when first needed."""

    def __init__(self, fields: Sequence[Field], writer: "Callable[[], Writer]") -> None:
        self.fields, self.writer, self.meaning = fields, writer, Meaning()

    def ask(self, text: str) -> list[Span]:
        """The likeliest answer to each field's question, however likely; none where the text has no words."""
        passages = self.meaning.embedder.embed([text])[0]
        pieces = [Piece(one.char_start, one.char_end, one.embedding) for one in passages]
        pages = text.split(PAGE_BREAK)
        document = ParsedDocument("", "", *join_pages(pages, ["pdfium"] * len(pages)))
        whole = [field for field in self.fields if field.kind in WHOLE]
        valued = [field for field in self.fields if field.kind not in WHOLE]
        return [*self._spans(document, pieces, whole, None), *self._spans(document, pieces, valued, self)]

    def read(self, passages: Sequence[Flat]) -> list[Interval]:
        """The characters of each passage that the writer answers its question with."""
        from domain_models.runtime.span_reader import SpanReader

        return SpanReader(self.writer()).read(passages)

    def _spans(
        self, document: ParsedDocument, pieces: Sequence[Piece], fields: Sequence[Field], reader: Reader | None
    ) -> list[Span]:
        answers = answer([self._searched(document, pieces, field.question) for field in fields], reader)
        return [
            Span(field.name, best.char_start, best.char_end, best.probability)
            for field, best in zip(fields, answers, strict=True)
            if best.char_end > best.char_start
        ]

    def _searched(self, document: ParsedDocument, pieces: Sequence[Piece], question: str) -> Searched:
        asked = ask_for(question, self.meaning.embedded([question])[0])
        return Searched(document, question, locate(document, pieces, asked, self.meaning.embedded))
