"""Which documents of a training file are held out for calibration. The dev files are never touched here."""

import hashlib
from collections.abc import Sequence

from domain_models.labelled import LabelledDocument
from domain_models.training.recipe import Source


def split_held_out(
    documents: Sequence[LabelledDocument], source: Source
) -> tuple[list[LabelledDocument], list[LabelledDocument]]:
    """(trained on, held out). A company's contracts (the name up to its first `_`) stay on one side."""
    trained: list[LabelledDocument] = []
    held: list[LabelledDocument] = []
    for document in documents:
        company = document.name.split("_")[0].lower()
        share = int(hashlib.sha256(company.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        (held if share < source.held_out else trained).append(document)
    return trained, held
