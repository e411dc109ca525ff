"""Thresholds from held-out probabilities, and their way to disk and back."""

from pathlib import Path

import numpy as np
import pytest

from domain_models.decoding.scorer import (
    Acceptance,
    Calibration,
    Scorer,
    Thresholds,
    load_calibration,
    save_calibration,
)
from domain_models.training.merge import merge
from domain_models.training.thresholds import (
    LOWEST_FOUND,
    Documents,
    Kept,
    absence_threshold,
    acceptances,
    document_thresholds,
    span_threshold,
)

COMMON, RARE, CROWDED = 0, 1, 2


@pytest.fixture
def documents() -> Documents:
    """Forty documents: a label that is common and clear, one that is rare and dim, one with many spans a document."""
    random = np.random.default_rng(7)
    truth = random.random((40, 3)) < np.array([0.7, 0.12, 0.7])
    low, high = np.array([0.02, 0.02, 0.02]), np.array([0.85, 0.3, 0.85])
    best = np.where(truth, high, low) * random.uniform(0.5, 1.1, (40, 3))
    return Documents(best, truth, np.array([0.7, 0.12, 0.7]), np.array([1.1, 1.1, 5.0]))


def test_a_rare_label_is_found_at_less_and_a_crowded_one_by_its_spans(documents: Documents) -> None:
    found_at = document_thresholds(documents, most=0.4)
    assert LOWEST_FOUND <= found_at[RARE] < 0.3
    assert found_at[CROWDED] == 0.4
    assert (found_at <= 0.4).all()


def test_no_threshold_is_above_that_of_spans_even_where_that_is_low(documents: Documents) -> None:
    assert document_thresholds(documents, most=0.05).tolist() == [0.05, 0.05, 0.05]


def kept(*rows: tuple[int, float, bool]) -> Kept:
    labels, probabilities, right = zip(*rows, strict=True)
    return Kept(np.array(probabilities), np.array(right), np.array(labels))


def test_findings_are_accepted_from_where_they_are_right() -> None:
    sure = [(0, 0.9, True)] * 40 + [(0, 0.5, False)] * 20 + [(0, 0.6, True)] * 2
    doubtful = [(1, 0.9, True)] * 10 + [(1, 0.95, False)] * 10
    unseen = [(2, 0.4, True)]
    first, second, third = acceptances(kept(*sure, *doubtful, *unseen), [0.4, 0.4, 0.4])
    assert first.accept_at is not None and 0.5 < first.accept_at <= 0.9
    assert (first.share, first.support) == (pytest.approx(40 / 42, abs=0.05), 42)
    assert second == Acceptance(None, 0.0, 10)
    assert third.support == 1 and third.share == 0.0


def test_a_threshold_of_acceptance_is_not_below_that_of_finding() -> None:
    (only,) = acceptances(kept(*[(0, 0.8, True)] * 50), [0.7])
    assert only == Acceptance(0.7, 1.0, 50)


def test_the_best_f1_of_spans_stands_between_right_and_wrong() -> None:
    threshold = span_threshold(kept(*[(0, 0.7, True)] * 9, *[(0, 0.3, False)] * 9), gold=9)
    assert 0.3 < threshold <= 0.7


@pytest.mark.parametrize(
    ("best", "present", "expected"),
    [
        ({(n, 0): n / 100 for n in range(100)}, {(60, 0)}, 0.5),  # nothing below 0.6 is there; capped at found_at
        ({(n, 0): n / 100 for n in range(100)}, {(0, 0)}, 0.5),  # one in fifty is few enough
        ({(0, 0): 0.1}, {(0, 0)}, 0.0),  # never safe
    ],
)
def test_absence_is_where_few_have_gold(
    best: dict[tuple[int, int], float], present: set[tuple[int, int]], expected: float
) -> None:
    assert absence_threshold(best, frozenset(present), 0.5) == expected


def calibration() -> Calibration:
    one = np.ones((1, 1), np.float32)
    scorer = Scorer(one[0], one[0], one[None], one, one, one[0], one)
    return Calibration(scorer, {"Price": 1.5}, {"Price": Thresholds(0.4, 0.1)}, {"Price": Acceptance(None, 0.0, 2)})


def test_a_calibration_comes_back_from_disk(tmp_path: Path) -> None:
    save_calibration(tmp_path / "c.json", calibration())
    read = load_calibration(tmp_path / "c.json")
    assert (read.thresholds, read.acceptances) == (calibration().thresholds, calibration().acceptances)


def test_a_calibration_without_acceptances_is_read(tmp_path: Path) -> None:
    save_calibration(tmp_path / "c.json", calibration())
    text = (tmp_path / "c.json").read_text(encoding="utf-8")
    start = text.index(', "acceptances"')
    (tmp_path / "c.json").write_text(text[:start] + "}", encoding="utf-8")
    assert load_calibration(tmp_path / "c.json").acceptances == {}


def fitted(seed: int, found_at: float, acceptance: Acceptance) -> Calibration:
    random = np.random.default_rng(seed)
    shapes = ((3,), (3,), (2, 3, 4), (2, 4), (2, 4), (2,), (2, 1))
    arrays = [random.uniform(0.5, 1.5, shape).astype(np.float32) for shape in shapes]
    return Calibration(
        Scorer(*arrays), {"Price": 1.0 + seed}, {"Price": Thresholds(found_at, 0.0)}, {"Price": acceptance}
    )


def test_merged_calibrations_say_the_mean_of_what_each_says() -> None:
    one, other = fitted(1, 0.2, Acceptance(0.9, 0.5, 10)), fitted(2, 0.8, Acceptance(0.7, 0.2, 30))
    merged = merge([one, other])
    rows = np.random.default_rng(3).normal(size=(5, 3)).astype(np.float32)
    odds = [np.log(p / (1 - p)) for p in (c.scorer.probabilities(rows, 0) for c in (one, other, merged))]
    assert np.allclose(odds[2], (odds[0] + odds[1]) / 2, atol=1e-3)
    assert merged.usual_log_length == {"Price": 2.5}
    assert merged.thresholds["Price"].found_at == 0.5
    assert merged.acceptances["Price"] == Acceptance(pytest.approx(0.821), 0.275, 40)


def test_nothing_is_accepted_where_one_of_the_merged_accepts_nothing() -> None:
    merged = merge([fitted(1, 0.2, Acceptance(None, 0.0, 10)), fitted(2, 0.8, Acceptance(0.7, 0.2, 30))])
    assert merged.acceptances["Price"] == Acceptance(None, 0.0, 40)
