"""All that turns one head's token scores into a text's spans: its scheme, its calibration, and its reranker if it has one."""

from dataclasses import dataclass
from pathlib import Path

from domain_models.adapter import members
from domain_models.decoding.bio import decode_entities
from domain_models.decoding.reranker import Reranker, load_reranker
from domain_models.decoding.scorer import Calibration, calibration_file, load_calibration
from domain_models.decoding.scores import TokenScores
from domain_models.decoding.spans import decode_spans
from domain_models.heads import Head
from schemas.finding import Span


@dataclass(frozen=True)
class Decoder:
    """One head's way from token scores to spans with calibrated probabilities."""

    head: Head
    calibration: Calibration
    reranker: Reranker | None = None

    def spans(self, text: str, scores: TokenScores) -> list[Span]:
        """The text's spans under the head's own labels."""
        if self.head.scheme == "span":
            found = decode_spans(text, scores, self.head, self.calibration)
        else:
            found = self._entities(scores)
        return self.reranker.reranked(text, found) if self.reranker else found

    def _entities(self, scores: TokenScores) -> list[Span]:
        found, rows = decode_entities(scores, self.head)
        spans = []
        for (label, start, end), row in zip(found, rows, strict=True):
            probability = float(self.calibration.scorer.probabilities(row[None], label)[0])
            spans.append(Span(self.head.labels[label], start, end, probability))
        return spans


def load_decoder(adapter: Path, head: Head) -> Decoder:
    """The decoder of an adapter's head. What words say is the same whoever read them: the reranker may be a member's."""
    calibration = load_calibration(calibration_file(adapter, head.name))
    paths = (folder / f"reranker-{head.name}.safetensors" for folder in members(adapter))
    fitted = next((path for path in paths if path.is_file()), None)
    return Decoder(head, calibration, load_reranker(fitted) if fitted else None)
