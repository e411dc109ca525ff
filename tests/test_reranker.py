"""The reranker: what a span's words say of it, fitted on spans that we write by hand, and the one that is shipped."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from domain_models import get_domain
from domain_models.adapter import adapter_version, load_config
from domain_models.decoding.decoder import load_decoder
from domain_models.decoding.reranker import LEAST, LabelWeights, Reranker, load_reranker, save_reranker
from domain_models.decoding.scores import rounded
from domain_models.decoding.word_features import BUCKETS, WordFeatures
from domain_models.training.reranker import Judged, best_weight, fit_reranker
from schemas.finding import Span

TEXT = 'This Agreement is between Alpine Tools Inc ("Alpine") and Meridian LLC. Page 7 of 9. Title: President'


def span(words: str, probability: float, label: str = "Parties", text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(label, start, start + len(words), probability)


def buckets_of(text: str, words: str) -> list[int]:
    return sorted(WordFeatures(text).buckets([span(words, 0.5, text=text)], [0])[0])


def judged(words: str, right: bool, probability: float = 0.5) -> Judged:
    return Judged("d", "Parties", probability, buckets_of(TEXT, words), right)


TAUGHT = [
    judged("Alpine Tools Inc", True),
    judged("Meridian LLC", True),
    judged("Page 7", False),
    judged("President", False),
] * 4


def test_a_pdf_says_the_same_as_its_text() -> None:
    broken = TEXT.replace("between ", "between\n").replace('"Alpine"', "“Alpine”").replace(". Page", ".\fPage")
    assert len(broken) == len(TEXT)
    assert buckets_of(broken, "Meridian LLC") == buckets_of(TEXT, "Meridian LLC")


def test_features_come_in_the_same_order_in_every_process() -> None:
    """Python draws the order of its sets anew for each process; sums of float32 depend on their order."""
    code = (
        "from domain_models.decoding.word_features import WordFeatures; from schemas.finding import Span;"
        f" print(WordFeatures({TEXT!r}).buckets([Span('Parties', 26, 42, 0.5)], [0]))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_rivals_that_say_the_same_are_seen() -> None:
    text = f"{TEXT}. Signed: Meridian, LLC"
    spans = [
        span("Meridian LLC", 0.9, text=text),
        span("Meridian, LLC", 0.2, text=text),
        span("Page 7", 0.2, text=text),
    ]
    alone, named, other = (WordFeatures(text).buckets(some, [0])[0] for some in (spans[:1], spans[:2], spans[::2]))
    assert set(alone) != set(named)
    assert set(alone) == set(other)


def test_words_that_were_right_are_raised_and_others_lowered() -> None:
    reranker = fit_reranker(TAUGHT, ["Parties"], weight=1.0)
    found = [span("Page 7", 0.6), span("Meridian LLC", 0.5), span("Alpine Tools Inc", 0.5)]
    reranked = reranker.reranked(TEXT, found)
    by_start = {one.char_start: one.probability for one in reranked}
    assert {(one.char_start, one.char_end) for one in reranked} == {(one.char_start, one.char_end) for one in found}
    assert by_start[found[0].char_start] < 0.5 < min(by_start[one.char_start] for one in found[1:])
    assert [one.probability for one in reranked] == sorted((one.probability for one in reranked), reverse=True)


def test_what_it_does_not_know_keeps_its_probability() -> None:
    reranker = fit_reranker(TAUGHT, ["Parties"], weight=1.0)
    found = [span("Page 7", 0.6, "Insurance"), span("Page 7", LEAST / 2)]
    assert reranker.reranked(TEXT, found) == found
    assert reranker.reranked(TEXT, []) == []


def test_a_label_with_few_right_spans_has_no_weights() -> None:
    assert fit_reranker(TAUGHT[:8], ["Parties"], weight=1.0).labels == {}


def test_it_comes_back_from_disk(tmp_path: Path) -> None:
    weights = np.zeros(BUCKETS, np.float32)
    weights[7] = 0.25
    save_reranker(tmp_path / "r.safetensors", Reranker({"Parties": LabelWeights(weights, -0.5)}))
    read = load_reranker(tmp_path / "r.safetensors").labels["Parties"]
    assert np.array_equal(read.buckets, weights)
    assert read.bias == -0.5


@pytest.mark.parametrize(("network", "words_right", "weight"), [(0.5, True, 0.99), (0.9, False, 0.0)])
def test_a_weight_that_suits_what_a_network_had_not_seen(network: float, words_right: bool, weight: float) -> None:
    """A network that says 0.5 of everything leaves all to the words; words that mislead get no weight."""
    held = [judged("Meridian LLC", words_right, network), judged("Page 7", not words_right, 1 - network)]
    assert best_weight(held, fit_reranker(TAUGHT, ["Parties"], weight=1.0)) == pytest.approx(weight)


def test_a_scorer_sees_probabilities_as_they_were_kept() -> None:
    values = rounded(np.array([0.0019, 0.0021, 0.33333333, 1.0], np.float32))
    assert values.tolist() == [0, np.float32(np.float16(0.0021)), np.float32(np.float16(0.33333333)), 1]


def test_the_shipped_one_tells_a_party_from_a_heading() -> None:
    adapters = get_domain("legal").folder / "adapters"
    small, base = (load_decoder(adapters / name, load_config(adapters / name).heads[0]) for name in ("small", "base"))
    assert small.reranker is not None
    assert base.reranker is not None, "the words are read alike, whichever network reads"
    found = [span(words, 0.7) for words in ("Alpine Tools Inc", "Meridian LLC", "Page 7", "President")]
    for decoder in (small, base):
        assert decoder.reranker is not None
        by_start = {one.char_start: one.probability for one in decoder.reranker.reranked(TEXT, found)}
        names, others = found[:2], found[2:]
        assert min(by_start[one.char_start] for one in names) > max(by_start[one.char_start] for one in others)


def test_other_weights_are_another_version_of_the_adapter(tmp_path: Path) -> None:
    (tmp_path / "adapter.json").write_text("{}", encoding="utf-8")
    versions = []
    for bias in (0.5, 0.25):
        weights = {"Parties": LabelWeights(np.zeros(BUCKETS, np.float32), bias)}
        save_reranker(tmp_path / "reranker-cuad.safetensors", Reranker(weights))
        versions.append(adapter_version(tmp_path))
    assert versions[0] != versions[1]


def test_a_domain_without_one_is_decoded_without() -> None:
    adapter = get_domain("medical").folder / "adapters" / "small"
    assert load_decoder(adapter, load_config(adapter).heads[0]).reranker is None
