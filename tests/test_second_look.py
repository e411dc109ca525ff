"""A text read window by window: what two of them show of a token, and where a second look is taken."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from domain_models.adapter import AdapterConfig
from domain_models.heads import Head
from domain_models.runtime import tagger as reading_windows
from domain_models.runtime.adapter import save_adapter
from domain_models.runtime.network import TaggerNetwork
from domain_models.runtime.reading import SUREST, Reading, poolable
from domain_models.runtime.tagger import Tagger, Window
from domain_models.windows import Tokens, second_looks
from tests.tiny_encoder import write_tiny_encoder

PLACES = [
    ("nothing", [], 100, []),
    ("in the middle", [50], 100, [47]),
    ("near each other", [50, 51, 53], 100, [47]),
    ("further than one window shows", [50, 54, 60], 100, [47, 51, 57]),
    ("at both ends", [0, 99], 100, [0, 90]),
    ("at the end, which one window shows to the last", [90, 95, 99], 100, [87, 90]),
    ("a text of one window", [0, 3, 9], 10, [0]),
    ("a text shorter than a window", [0, 3], 4, [0]),
]


@pytest.mark.parametrize(("places", "count", "starts"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES])
def test_where_a_second_look_is_taken(places: list[int], count: int, starts: list[int]) -> None:
    found = second_looks(places, count, window=10, margin=3)
    assert found == starts
    for place in places:
        assert any(s <= place < s + 10 and (s == 0 or place - s >= 3 or s + 10 >= count) for s in found)


SPAN, BIO = Head("s", "span", ("Term",)), Head("b", "bio", ("Drug",))


def tokens(count: int) -> Tokens:
    numbers = np.arange(count, dtype=np.int32)
    return Tokens(numbers, numbers * 2, numbers * 2 + 1, numbers)


def test_of_two_windows_the_one_that_sees_more_around_a_token_counts_for_more() -> None:
    reading = Reading(tokens(5), (SPAN, BIO))
    reading.add(0, {"s": np.full((4, 3), 2.0, np.float32), "b": np.full((4, 3), 0.6, np.float32)})
    reading.add(2, {"s": np.full((3, 3), -1.0, np.float32), "b": np.full((3, 3), 0.2, np.float32)})
    scores = reading.scores()
    third, fourth = (2.0 * 2 - 1.0 * 1) / 3, (2.0 * 1 - 1.0 * 2) / 3  # 2 and 1 tokens from the edge, then 1 and 2
    logits = np.log(scores.heads["s"] / (1 - scores.heads["s"]))
    assert scores.heads["s"].shape == (5, 3, 1)
    assert logits[:, 0, 0].tolist() == pytest.approx([2.0, 2.0, third, fourth, -1.0], abs=1e-5)
    assert scores.heads["b"][:, 0].tolist() == pytest.approx([0.6, 0.6, 1.4 / 3, 1.0 / 3, 0.2])
    assert reading.likely(0.5) == [0, 1, 2, 3]
    assert reading.likely(0.2) == [0, 1, 2, 3, 4]


def test_no_window_is_surer_than_another_can_outvote() -> None:
    shown = poolable(torch.tensor([[90.0, -90.0, 1.0]]), SPAN)
    assert shown.tolist() == [pytest.approx([SUREST, -SUREST, 1.0])]
    assert poolable(torch.tensor([[5.0, 5.0, 5.0]]), BIO).tolist() == [pytest.approx([1 / 3] * 3)]


@pytest.mark.parametrize("heads", [(SPAN,), (BIO,)])
def test_a_text_without_tokens_has_nothing_likely(heads: tuple[Head, ...]) -> None:
    reading = Reading(tokens(0), heads)
    assert reading.likely(0.5) == []
    assert [len(probabilities) for probabilities in reading.scores().heads.values()] == [0]


WORDS = [f"w{number}" for number in range(40)]
TEXT = " ".join(WORDS)


@pytest.fixture
def adapter(tmp_path: Path) -> tuple[Path, Path]:
    """A tiny tagger's adapter and base: windows of 10 words that do not overlap."""
    base = write_tiny_encoder(tmp_path / "base", WORDS)
    config = AdapterConfig("base", (SPAN,), window=12, stride=10)
    torch.manual_seed(5)
    network = TaggerNetwork(base, config.heads)
    for parameter in network.heads.parameters():
        torch.nn.init.normal_(parameter, std=1.0)
    save_adapter(tmp_path / "adapter", network, config)
    return tmp_path / "adapter", base


def read_windows(adapter: tuple[Path, Path], second_look: float, texts: Sequence[str]) -> tuple[list[Window], Any]:
    """The windows that a tagger reads of the texts, and what it says of the first."""
    tagger, windows = Tagger(*adapter), []
    tagger.config = replace(tagger.config, second_look=second_look)
    score = tagger._score

    def counted(batch: Sequence[Window], of_texts: Sequence[Tokens]) -> Any:
        windows.extend(batch)
        return score(batch, of_texts)

    tagger._score = counted  # type: ignore[method-assign]
    return windows, next(iter(list(tagger.read(texts)))).heads["s"]


def test_what_is_likely_is_read_once_more(adapter: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_windows, "MARGIN", 3)
    once, alone = read_windows(adapter, 0.0, [TEXT, ""])
    assert sorted(window.start for window in once) == [0, 10, 20, 30]
    peaks = alone.max(axis=(1, 2))
    least = float(np.sort(peaks)[-3])
    twice, both = read_windows(adapter, least, [TEXT, ""])
    assert twice[: len(once)] == once
    second = twice[len(once) :]
    assert second and not set(second) & set(once)
    seen = {token for window in second for token in range(window.start, window.start + window.length)}
    assert set(np.flatnonzero(peaks >= least).tolist()) <= seen | set(range(3)) | set(range(37, 40))
    changed = {token for token in range(40) if not np.allclose(alone[token], both[token], atol=1e-5)}
    assert changed and changed <= seen
    assert read_windows(adapter, 1 - 1e-6, [TEXT])[0] == once


def test_texts_read_together_are_read_as_each_alone(
    adapter: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_windows, "MARGIN", 3)
    texts = [TEXT, " ".join(WORDS[::-1]), "w1 w2"]
    together = [text_scores(adapter, texts, number) for number in range(3)]
    assert all(
        np.allclose(one, text_scores(adapter, [text], 0), atol=1e-5) for one, text in zip(together, texts, strict=True)
    )
    assert all(not np.array_equal(one, other) for one, other in pairwise(together))


def text_scores(adapter: tuple[Path, Path], texts: Sequence[str], number: int) -> Any:
    tagger = Tagger(*adapter)
    tagger.config = replace(tagger.config, second_look=0.6)
    return list(tagger.read(texts))[number].heads["s"]
