"""The published measures on small cases worked out by hand."""

import pytest

from domain_models.measure.auto_accept import AutoAccepted, Judged, auto_accepted
from domain_models.measure.calibration import expected_calibration_error
from domain_models.measure.clause_spans import curve, match_document, quality, spans_match
from domain_models.measure.entities import entity_quality
from domain_models.measure.rulings import RulingQuality, ruling_quality
from schemas.finding import Verdict


@pytest.mark.parametrize(
    ("label", "predicted", "gold", "expected"),
    [
        ("Governing Law", "laws of the State of Delaware.", "the laws of the State of Delaware", True),
        ("Governing Law", "Delaware", "the laws of the State of Delaware", False),
        ("Parties", "by and between Acme Inc. and Beta LLC", "Acme Inc.", True),
        ("Audit Rights", "by and between Acme Inc. and Beta LLC", "Acme Inc.", False),
        ("Audit Rights", "and/or books", "or books", True),  # {and, or, books} against {or, books}: 2 of 3
        ("Audit Rights", "a b c", "c d e", False),
    ],
)
def test_spans_match_by_words(label: str, predicted: str, gold: str, expected: bool) -> None:
    assert spans_match(label, predicted, gold) is expected


def test_line_breaks_glue_no_words() -> None:
    outcome = match_document(
        [("Insurance", "shall\nmaintain  insurance", 0.9)], {"Insurance": ["shall maintain insurance"]}
    )
    assert outcome.predictions[0].matches == {0}


def test_typeset_quotation_marks_are_no_other_words() -> None:
    outcome = match_document([("Parties", "Acme (“Buyer”)", 0.9)], {"Parties": ['Acme ("Buyer")', "Acme (‘Seller’)"]})
    assert outcome.predictions[0].matches == {0}


def test_the_curve_of_three_predictions() -> None:
    gold = {"Insurance": ["maintain insurance of all kinds", "name the other as insured"]}
    found = [
        ("Insurance", "maintain insurance of all kinds", 0.9),
        ("Insurance", "something else entirely", 0.6),
        ("Insurance", "name the other as insured", 0.3),
        ("Audit Rights", "not there at all", 0.2),
    ]
    pooled = curve([match_document(found, gold)])
    assert pooled.precision_at(0.5) == 1.0
    assert pooled.precision_at(0.8) == pytest.approx(2 / 3)
    # Recall 0 to 0.5 at precision 1; at 0.6 a false prediction takes it to 2/3, where recall 1 is reached.
    assert pooled.area == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_a_recall_never_reached_has_no_precision() -> None:
    outcome = match_document(
        [("Insurance", "maintain insurance", 0.9)], {"Insurance": ["maintain insurance", "a b c d"]}
    )
    assert curve([outcome]).precision_at(0.8) == 0.0


def test_one_gold_span_counts_once_however_often_it_is_predicted() -> None:
    twice = [("Insurance", "maintain insurance", 0.9), ("Insurance", "maintain insurance", 0.8)]
    figures = quality([match_document(twice, {"Insurance": ["maintain insurance"]})], 0.5, "Insurance")
    assert (figures.precision, figures.recall, figures.support) == (1.0, 1.0, 1)


def test_entities_must_agree_in_type_and_borders() -> None:
    gold = [("Medication", 0, 5), ("Dosage", 6, 11), ("Sex", 20, 24)]
    found = [("Medication", 0, 5), ("Dosage", 6, 10), ("Age", 20, 24), ("Sex", 20, 24)]
    figures = entity_quality([(found, gold)])
    assert figures.micro.precision == pytest.approx(2 / 4)
    assert figures.micro.recall == pytest.approx(2 / 3)
    assert figures.labels["Dosage"].f1 == 0.0


def test_calibration_error() -> None:
    assert expected_calibration_error([0.95] * 10, [True] * 9 + [False]) == pytest.approx(0.05)
    assert expected_calibration_error([], []) is None


def test_findings_pass_by_their_own_fields_threshold() -> None:
    findings = [
        Judged(0.9, 0.8, True),
        Judged(0.85, 0.8, False),
        Judged(0.7, 0.6, True),
        Judged(0.99, None, True),  # its field accepts nothing unseen
        Judged(0.3, 0.6, True),
    ]
    figures = auto_accepted(findings)
    assert (figures.accepted, figures.right) == (3, 4)
    assert (figures.precision, figures.share) == (pytest.approx(2 / 3), pytest.approx(2 / 4))
    assert figures.share_at_95_precision == pytest.approx(2 / 4)  # 0.99 and 0.9; then a wrong one


def test_nothing_found_accepts_nothing() -> None:
    assert auto_accepted([]) == AutoAccepted(0, 0.0, 0.0, 0, 0.0)


def test_rulings_count_what_the_labellers_contradict() -> None:
    ruled: list[tuple[Verdict, bool]] = [
        ("found", True), ("found", False), ("absent", False), ("absent", False), ("absent", True), ("abstained", True),
    ]  # fmt: skip
    assert ruling_quality(ruled) == RulingQuality(2, 3, 1, found_but_absent=1, absent_but_present=1)
