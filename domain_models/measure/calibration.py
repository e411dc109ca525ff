"""Whether probabilities mean what they say."""

from collections.abc import Sequence

import numpy as np

BINS = 10


def expected_calibration_error(probabilities: Sequence[float], right: Sequence[bool]) -> float | None:
    """Mean gap between probability and share right over ten equal-width bins (Guo et al. 2017); None for no data."""
    if not probabilities:
        return None
    values = np.asarray(probabilities, dtype=float)
    truth = np.asarray(right, dtype=float)
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    gaps = [abs(values[bins == b].mean() - truth[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return float(sum(gaps) / len(values))
