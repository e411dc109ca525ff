"""Layers in 8-bit integers: as the float32 layers they stand for, whoever is read beside whom."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from domain_models.adapter import AdapterConfig
from domain_models.heads import Head
from domain_models.runtime.adapter import save_adapter
from domain_models.runtime.device import alone, cpu_has_int8, reads_in_int8, side_by_side
from domain_models.runtime.int8 import Int8BertLayer, Int8Linear, use_int8
from domain_models.runtime.network import TaggerNetwork
from domain_models.runtime.tagger import Tagger
from tests.tiny_encoder import write_tiny_encoder

TEXT = "the term of this agreement is three years from the effective date "
FLAGS = [
    (frozenset({"avx2", "avx512f"}), False),  # sums of two products overflow 16 bits: see `device.INT8_FLAGS`
    (frozenset({"avx2", "avx_vnni"}), True),
    (frozenset({"avx512f", "avx512_vnni"}), True),
    (frozenset[str](), False),
]


@pytest.mark.parametrize(("flags", "exact"), FLAGS)
def test_int8_only_where_the_cpu_sums_its_products_without_overflow(flags: frozenset[str], exact: bool) -> None:
    assert cpu_has_int8(flags) is exact


exact_here = pytest.mark.skipif(
    not reads_in_int8(torch.device("cpu")), reason="this processor does not read in 8-bit integers"
)


def linear(weight: torch.Tensor) -> torch.nn.Linear:
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data = weight
    return layer


@exact_here
@torch.inference_mode()
def test_what_8_bits_can_hold_is_multiplied_exactly() -> None:
    generator = torch.Generator().manual_seed(1)
    weight = torch.randint(-127, 128, (48, 384), generator=generator).float()
    hidden = torch.randint(-127, 128, (2, 5, 384), generator=generator).float()
    weight[:, 0], hidden[..., 0] = 127, -127  # each channel and token is scaled by its largest
    layer = linear(weight)
    assert torch.equal(Int8Linear(layer)(hidden), layer(hidden))


@exact_here
@torch.inference_mode()
def test_the_largest_sum_does_not_overflow() -> None:
    layer = linear(torch.full((16, 1536), 127.0))
    assert torch.equal(Int8Linear(layer)(torch.full((4, 1536), 127.0)), layer(torch.full((4, 1536), 127.0)))


@exact_here
@torch.inference_mode()
def test_a_token_is_the_same_beside_any_others() -> None:
    generator = torch.Generator().manual_seed(2)
    layer = Int8Linear(torch.nn.Linear(64, 32))
    hidden = torch.randn(40, 64, generator=generator)
    hidden[1] *= 1000  # an outlier takes precision from itself alone
    together = layer(hidden)
    assert torch.equal(layer(hidden[:1]), together[:1])
    assert torch.equal(layer(hidden[7:9]), together[7:9])


@exact_here
@torch.inference_mode()
def test_a_token_of_zeros_is_the_bias() -> None:
    plain = torch.nn.Linear(8, 4)
    assert torch.allclose(Int8Linear(plain)(torch.zeros(1, 8)), plain.bias)


@exact_here
def test_a_tagger_reads_nearly_as_in_float32(tmp_path: Path) -> None:
    base = write_tiny_encoder(tmp_path / "base", TEXT.split())
    head = Head("s", "span", ("Term", "Party"))
    network = TaggerNetwork(base, (head,))
    torch.nn.init.normal_(network.heads["s"].weight, std=0.5)
    save_adapter(tmp_path / "adapter", network, AdapterConfig("small", (head,), window=16, stride=12))
    read = []
    for in_int8 in (True, False):
        tagger = Tagger(tmp_path / "adapter", base, in_int8)
        read.append(next(iter(tagger.read([TEXT * 4]))).heads["s"])
    assert not np.array_equal(*read)
    assert np.abs(read[0] - read[1]).max() < 0.02


@exact_here
def test_every_layer_of_the_encoder_is_replaced(tmp_path: Path) -> None:
    network = TaggerNetwork(write_tiny_encoder(tmp_path / "base", TEXT.split()), (Head("s", "span", ("Term",)),))
    count = sum(isinstance(module, torch.nn.Linear) for module in network.encoder.modules())
    use_int8(network.encoder)
    kinds = [type(module) for module in network.encoder.modules()]
    assert (kinds.count(torch.nn.Linear), kinds.count(Int8Linear)) == (0, count)


@exact_here
@torch.inference_mode()
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_a_layer_of_bert_reads_to_the_last_bit_as_with_its_linears_alone_replaced(activation: str) -> None:
    torch.manual_seed(4)
    config = BertConfig(
        vocab_size=30, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=96,
        hidden_act=activation, attn_implementation="sdpa",
    )  # fmt: skip
    whole, piece_by_piece = BertModel(config).eval(), BertModel(config).eval()
    piece_by_piece.load_state_dict(whole.state_dict())
    use_int8(whole)
    for layer in piece_by_piece.encoder.layer:
        for part in layer.children():
            use_int8(part)
    assert all(isinstance(layer, Int8BertLayer) for layer in whole.encoder.layer)
    ids = torch.randint(0, 30, (2, 17))
    seen = torch.ones_like(ids)
    seen[1, 11:] = 0
    read, expected = (
        model(input_ids=ids, attention_mask=seen).last_hidden_state[seen > 0] for model in (whole, piece_by_piece)
    )
    assert torch.equal(read, expected)


def test_work_within_work_is_done_by_the_same_thread() -> None:
    @alone
    def outer() -> bool:
        return alone(torch.get_num_threads)() > 0

    assert outer()


def test_an_error_of_the_work_reaches_who_asked() -> None:
    @alone
    def fails() -> None:
        raise ValueError("no such token")

    with pytest.raises(ValueError, match="no such token"):
        fails()


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU takes one piece after the other")
@pytest.mark.parametrize("threads", [[1, 1, 1, 1, 2], [1, 1], [2], []])
def test_pieces_have_a_thread_each_and_what_is_left_over_has_all(threads: list[int]) -> None:
    @alone
    def done() -> tuple[list[tuple[int, int]], int]:
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        try:
            return side_by_side(
                lambda piece: (piece, torch.get_num_threads()), range(len(threads))
            ), torch.get_num_threads()
        finally:
            torch.set_num_threads(before)

    assert done() == (list(enumerate(threads)), 2)
