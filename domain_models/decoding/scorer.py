"""The probability that a candidate span is right: a small network over its features, fitted on held-out documents.

Fitting is `domain_models.training.calibrate`; here is only the arithmetic, so that a run needs no training code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Scorer:
    """Standardise, one tanh layer per ensemble member, average of the members' logits, plus a bias per label.

    Shapes for M members, F features, H hidden units, L labels: hidden (M, F, H), hidden_bias (M, H), out (M, H),
    out_bias (M), label_bias (M, L).
    """

    mean: Array
    scale: Array
    hidden: Array
    hidden_bias: Array
    out: Array
    out_bias: Array
    label_bias: Array

    def probabilities(self, rows: Array, label: int) -> Array:
        """Probability in (0, 1) of each row of features, all of one label."""
        standard = (rows - self.mean) / self.scale
        layer = np.tanh(np.einsum("nf,mfh->nmh", standard, self.hidden) + self.hidden_bias)
        logits = (layer * self.out).sum(-1) + self.out_bias + self.label_bias[:, label]
        return np.asarray(1 / (1 + np.exp(-logits.mean(-1))), dtype=np.float32)


@dataclass(frozen=True)
class Thresholds:
    """Per label: a document's best score at or above `found_at` is found, below `absent_below` absent."""

    found_at: float
    absent_below: float


@dataclass(frozen=True)
class Acceptance:
    """From which probability on a label's findings are right in 95 of 100 cases, on held-out documents.

    `accept_at` is None where no threshold promises that; `share` of the right findings (`support` of them) pass it.
    """

    accept_at: float | None
    share: float
    support: int


@dataclass(frozen=True)
class Calibration:
    """All that turns one head's token probabilities into ruled spans: the scorer and each label's figures."""

    scorer: Scorer
    usual_log_length: Mapping[str, float]
    thresholds: Mapping[str, Thresholds]
    acceptances: Mapping[str, Acceptance] = field(default_factory=dict)


def calibration_file(adapter: Path, head: str) -> Path:
    """Where an adapter's folder keeps the calibration of its head of that name."""
    return adapter / f"calibration-{head}.json"


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Writes one head's calibration as JSON with five significant digits."""
    scorer = {name: _rounded(array) for name, array in vars(calibration.scorer).items()}
    thresholds = {label: vars(t) for label, t in calibration.thresholds.items()}
    acceptances = {label: vars(a) for label, a in calibration.acceptances.items()}
    stored = {
        "scorer": scorer,
        "usual_log_length": calibration.usual_log_length,
        "thresholds": thresholds,
        "acceptances": acceptances,
    }
    path.write_text(json.dumps(stored) + "\n", encoding="utf-8")


def _rounded(array: Array) -> object:
    return np.vectorize(lambda x: float(f"{x:.5g}"))(array).tolist()


def load_calibration(path: Path) -> Calibration:
    """One head's calibration; one from before acceptances were fitted has none."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    scorer = Scorer(**{name: np.array(values, dtype=np.float32) for name, values in stored["scorer"].items()})
    thresholds = {label: Thresholds(**t) for label, t in stored["thresholds"].items()}
    acceptances = {label: Acceptance(**a) for label, a in stored.get("acceptances", {}).items()}
    return Calibration(scorer, stored["usual_log_length"], thresholds, acceptances)
