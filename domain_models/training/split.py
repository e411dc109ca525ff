"""Which documents of a training file a network is not trained on, for calibration. The dev files are never touched here."""

import hashlib
from collections.abc import Sequence

from domain_models.labelled import LabelledDocument
from domain_models.training.recipe import Source

Documents = list[LabelledDocument]


def split_held_out(documents: Sequence[LabelledDocument], source: Source) -> tuple[Documents, Documents]:
    """(trained on, held out). A company's contracts (the name up to its first `_`) stay on one side."""
    trained: Documents = []
    held: Documents = []
    for document in documents:
        (held if _place(document) < source.held_out else trained).append(document)
    return trained, held


def split_fold(documents: Sequence[LabelledDocument], fold: int, folds: int) -> tuple[Documents, Documents]:
    """(the other folds, this one), counted from 0. A company's contracts stay in one fold."""
    others: Documents = []
    own: Documents = []
    for document in documents:
        (own if int(_place(document) * folds) == fold else others).append(document)
    return others, own


def _place(document: LabelledDocument) -> float:
    """A number in [0, 1) that the company alone decides."""
    company = document.name.split("_")[0].lower()
    return int(hashlib.sha256(company.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
