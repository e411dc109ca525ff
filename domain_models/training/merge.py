"""One calibration of several: for an ensemble, whose mean no fold was read by, what each member's folds have taught.

    python -m domain_models.training.merge FILE FILE ... --out FILE

The scorers' logits are averaged, as are the thresholds' log-odds.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from domain_models.decoding.scorer import (
    Acceptance,
    Calibration,
    Scorer,
    Thresholds,
    load_calibration,
    save_calibration,
)


def merge(calibrations: Sequence[Calibration]) -> Calibration:
    """The mean of calibrations of the same labels, each of as many scorers."""
    first = calibrations[0]
    return Calibration(
        scorer=_side_by_side([one.scorer for one in calibrations]),
        usual_log_length={
            label: float(np.mean([c.usual_log_length[label] for c in calibrations])) for label in first.usual_log_length
        },
        thresholds={label: _thresholds([c.thresholds[label] for c in calibrations]) for label in first.thresholds},
        acceptances={label: _acceptance([c.acceptances[label] for c in calibrations]) for label in first.acceptances},
    )


def _side_by_side(scorers: Sequence[Scorer]) -> Scorer:
    """All the scorers' members in one, each standardising by itself: its scale and mean go into its weights."""
    return Scorer(
        mean=np.zeros_like(scorers[0].mean),
        scale=np.ones_like(scorers[0].scale),
        hidden=np.concatenate([one.hidden / one.scale[:, None] for one in scorers]),
        hidden_bias=np.concatenate(
            [one.hidden_bias - np.einsum("f,mfh->mh", one.mean / one.scale, one.hidden) for one in scorers]
        ),
        out=np.concatenate([one.out for one in scorers]),
        out_bias=np.concatenate([one.out_bias for one in scorers]),
        label_bias=np.concatenate([one.label_bias for one in scorers]),
    )


def _thresholds(some: Sequence[Thresholds]) -> Thresholds:
    return Thresholds(_mean([one.found_at for one in some]), _mean([one.absent_below for one in some]))


def _acceptance(some: Sequence[Acceptance]) -> Acceptance:
    """Nothing is accepted where one of them accepts nothing; `support` counts what all of them were fitted to."""
    known = [one.accept_at for one in some if one.accept_at is not None]
    support = sum(one.support for one in some)
    share = sum(one.share * one.support for one in some) / max(1, support)
    accept_at = _mean(known) if len(known) == len(some) else None
    return Acceptance(accept_at, round(share, 3) if accept_at is not None else 0.0, support)


def _mean(probabilities: Sequence[float]) -> float:
    values = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return round(float(1 / (1 + np.exp(-np.log(values / (1 - values)).mean()))), 3)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    save_calibration(arguments.out, merge([load_calibration(path) for path in arguments.files]))


if __name__ == "__main__":
    main()
