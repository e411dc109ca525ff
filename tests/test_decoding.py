"""Token probabilities that we write by hand, and the spans that must come out of them."""

import numpy as np
import pytest

from domain_models.decoding.bio import best_tags, decode_entities, entities
from domain_models.decoding.candidates import candidates, runs
from domain_models.decoding.features import FEATURES, features
from domain_models.decoding.scores import TokenScores
from domain_models.decoding.spans import best_of_each_place, characters, closed, without_rivals
from domain_models.heads import Head
from domain_models.windows import Tokens, window_starts


def scores_of(inside: list[float], starts: dict[int, float], ends: dict[int, float]) -> np.ndarray:
    scores = np.zeros((len(inside), 3), dtype=np.float32)
    scores[:, 0] = inside
    for token, probability in starts.items():
        scores[token, 1] = probability
    for token, probability in ends.items():
        scores[token, 2] = probability
    return scores


def bio_scores(rows: list[list[float]]) -> TokenScores:
    """Words of three letters, one piece each, with these tag probabilities."""
    tokens = tokens_of(*((4 * number, 4 * number + 3, number) for number in range(len(rows))))
    return TokenScores(tokens, {"h": np.array(rows, dtype=np.float32)})


@pytest.mark.parametrize(
    ("values", "gap", "expected"),
    [
        ([0, 1, 1, 0, 0, 1, 0], 0, [(1, 3), (5, 6)]),
        ([0, 1, 1, 0, 0, 1, 0], 2, [(1, 6)]),
        ([0, 0, 0], 2, []),
        ([1, 1], 0, [(0, 2)]),
    ],
)
def test_runs(values: list[float], gap: int, expected: list[tuple[int, int]]) -> None:
    assert list(runs(np.array(values, dtype=np.float32), 0.5, gap)) == expected


def test_two_clauses_that_run_together_are_both_proposed() -> None:
    inside = [0.0] * 2 + [0.9] * 10 + [0.9] * 8 + [0.0] * 4
    proposed = candidates(scores_of(inside, {2: 0.8, 12: 0.7}, {11: 0.8, 19: 0.6}), [])
    assert {(2, 12), (12, 20), (2, 20)} <= set(proposed)


def test_a_sentence_is_proposed_where_its_middle_is_likely() -> None:
    inside = [0.0] * 3 + [0.1, 0.6, 0.7, 0.1] + [0.0] * 5
    assert (2, 9) in candidates(scores_of(inside, {}, {}), [(0, 2), (2, 9), (9, 12)])


def test_nothing_is_proposed_from_noise() -> None:
    assert candidates(scores_of([0.01] * 40, {}, {}), [(0, 40)]) == []


def test_features_are_one_row_a_span() -> None:
    scores = scores_of([0.1, 0.9, 0.9, 0.1], {1: 0.9}, {2: 0.9})
    rows = features(scores, [(1, 3), (0, 4)], [(1, 3)], usual_log_length=0.7)
    assert rows.shape == (2, len(FEATURES))
    by_name = dict(zip(FEATURES, rows.T.tolist(), strict=True))
    assert by_name["starts a sentence"] == [1.0, 0.0]
    assert by_name["mean inside"][0] > by_name["mean inside"][1]


def test_of_overlapping_spans_the_better_one_stays() -> None:
    spans = [(0, 10), (1, 10), (20, 30), (8, 22)]
    kept = best_of_each_place(spans, np.array([0.6, 0.9, 0.5, 0.4], dtype=np.float32))
    assert kept == [1, 2, 3]


def test_a_sentence_within_a_kept_paragraph_is_a_place_of_its_own() -> None:
    """Which of the two a person would mark is open; a run stores the better one alone."""
    spans = [(0, 30), (10, 20), (1, 30), (40, 50)]
    kept = best_of_each_place(spans, np.array([0.6, 0.5, 0.55, 0.001], dtype=np.float32))
    assert kept == [0, 1]
    assert without_rivals([spans[index] for index in kept]) == [0]
    assert without_rivals([(5, 8), (0, 5), (7, 9), (9, 12)]) == [0, 1, 3]


def tokens_of(*pieces: tuple[int, int, int]) -> Tokens:
    starts, ends, words = (np.array(column, dtype=np.int32) for column in zip(*pieces, strict=True))
    return Tokens(np.zeros(len(pieces), dtype=np.int32), starts, ends, words)


def test_a_span_never_cuts_a_word() -> None:
    """`met|form|in 500`: a span over the middle piece covers the whole word."""
    scores = TokenScores(tokens_of((0, 3, 0), (3, 7, 0), (7, 9, 0), (10, 13, 1)), {})
    assert characters("metformin 500", scores, (1, 2)) == (0, 9)


@pytest.mark.parametrize(
    ("before", "span", "behind", "expected"),
    [
        ("", 'Acme, Inc. ("Supplier', '" or "Acme") and Beta LLC', 'Acme, Inc. ("Supplier" or "Acme")'),
        ("", "[Ceres, Inc.", " (a company)]", "Ceres, Inc."),
        ("", "Acme (UK) Ltd", " (Acme)", "Acme (UK) Ltd"),
        ("", "Acme (UK", ") Ltd", "Acme (UK)"),
        ("", "pay [***", "] dollars", "pay [***]"),
        ("(", "a) the term", ") ends", "a) the term"),
        ("", "[", " a word far from where the bracket that it opens ends]", "["),
        ("", "(", "a)", "(a)"),
        ("", "Acme (the", f" {'long ' * 20}name)", "Acme (the"),
        ("", "Acme (the", "\n\nSupplier)", "Acme (the"),
    ],
)
def test_a_span_ends_with_the_bracket_that_it_cuts(before: str, span: str, behind: str, expected: str) -> None:
    text = before + span + behind
    start, end = closed(text, len(before), len(before) + len(span))
    assert text[start:end] == expected


def test_i_follows_only_its_own_b() -> None:
    """O, then I-1 most likely by itself: legal only after B-1, so the pair B-1 I-1 wins over O I-1."""
    probabilities = np.array([[0.9, 0.05, 0.05], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]], dtype=np.float32)
    assert best_tags(probabilities).tolist() == [0, 1, 2, 0]


def test_neighbouring_entities_stay_apart() -> None:
    assert list(entities(np.array([1, 2, 1, 0, 3, 4, 4]))) == [(0, 0, 2), (0, 2, 3), (1, 4, 7)]


def test_an_entity_ends_with_its_last_words_last_piece() -> None:
    probabilities = np.array([[0.1, 0.8, 0.1]] * 2 + [[0.05, 0.05, 0.9]] + [[0.9, 0.05, 0.05]], dtype=np.float32)
    scores = TokenScores(tokens_of((0, 4, 0), (4, 7, 0), (8, 12, 1), (13, 15, 2)), {"h": probabilities})
    found, rows = decode_entities(scores, Head("h", "bio", ("Drug",)))
    assert found == [(0, 0, 12)]
    assert rows.shape[0] == 1


@pytest.mark.parametrize(
    ("count", "window", "stride", "phase"),
    [(0, 5, 3, 0), (4, 5, 3, 0), (5, 5, 3, 0), (23, 5, 3, 0), (23, 5, 5, 2), (6, 5, 5, 4)],
)
def test_windows_cover_every_token(count: int, window: int, stride: int, phase: int) -> None:
    starts = window_starts(count, window, stride, phase)
    covered = {token for start in starts for token in range(start, min(start + window, count))}
    assert covered == set(range(count))


def test_a_label_without_an_entity_still_shows_its_likeliest_place() -> None:
    # two words may be a disease (0.4) but O is likelier; without a place for it, it would be ruled absent
    drug, disease = [0.05, 0.9, 0.03, 0.01, 0.01], [0.6, 0.0, 0.0, 0.3, 0.1]
    scores = bio_scores([drug, [0.98, 0.01, 0.01, 0.0, 0.0], disease, [0.6, 0.0, 0.0, 0.05, 0.35]])
    found, rows = decode_entities(scores, Head("h", "bio", ("Drug", "Disease")))
    assert [label for label, _, _ in found] == [0, 1]
    assert found[1][1:] == (int(scores.tokens.starts[2]), int(scores.tokens.ends[3]))
    assert len(rows) == 2 and rows[1][0] < 0 < rows[0][0]


def test_a_label_that_is_nowhere_likely_has_no_place() -> None:
    scores = bio_scores([[0.05, 0.9, 0.046, 0.002, 0.002], [0.99, 0.005, 0.004, 0.0005, 0.0005]])
    found, _ = decode_entities(scores, Head("h", "bio", ("Drug", "Disease")))
    assert [label for label, _, _ in found] == [0]


def test_features_of_many_spans_at_once_are_those_of_each_by_itself() -> None:
    scores = np.random.default_rng(7).random((60, 3)).astype(np.float32) ** 3
    spans = [(0, 1), (0, 60), (3, 9), (3, 10), (20, 22), (58, 60)]
    rows = features(scores, spans, [(3, 9)], usual_log_length=0.7)
    for row, (first, past) in zip(rows, spans, strict=True):
        inside = scores[first:past, 0]
        shown = dict(zip(FEATURES, row.tolist(), strict=True))
        after = scores[past : past + 4, 0]
        wanted = {
            "mean inside": logit(inside.mean()),
            "peak inside": logit(inside.max()),
            "lowest quarter inside": logit(np.quantile(inside, 0.25)),
            "share above half": (inside > 0.5).mean(),
            "start here": logit(scores[max(first - 1, 0) : first + 2, 1].max()),
            "strongest start within": logit(max(scores[first + 2 : past, 1], default=0)),
            "inside after": logit(max(after, default=0)),
            "starts a sentence": float(first == 3),
        }
        assert {name: shown[name] for name in wanted} == pytest.approx(wanted, abs=1e-3)


def logit(probability: float) -> float:
    bounded = min(max(float(probability), 1e-4), 1 - 1e-4)
    return float(np.log(bounded / (1 - bounded)))
