"""The writer on a tiny model made here: order, batches, lengths, determinism. What it says means nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from domain_models.runtime.device import cpu_has_bf16, pick_device, pick_dtype
from domain_models.runtime.generator import MAX_BATCH, MAX_BATCH_TOKENS, Writer, length_batches, load_writer
from schemas.errors import ModelUnavailable

SENTENCE = "the term of this agreement is three years and payment falls due monthly ."
WORDS = ["<pad>", "<end>", "<unk>", *SENTENCE.split()]
CHAT_TEMPLATE = "{{ messages[0]['content'] }}{% if add_generation_prompt %} agreement{% endif %}"


def save_model(folder: Path, chat_template: str | None = None, seed: int = 7) -> Path:
    torch.manual_seed(seed)
    vocabulary = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    vocabulary.pre_tokenizer = Whitespace()
    wrapped: Any = PreTrainedTokenizerFast
    tokenizer = wrapped(tokenizer_object=vocabulary, pad_token="<pad>", eos_token="<end>", unk_token="<unk>")
    tokenizer.chat_template = chat_template
    shape = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    return load_writer(save_model(tmp_path_factory.mktemp("plain")))


PROMPTS = ["the term", SENTENCE, "payment", "of this"]


def test_the_same_prompts_get_the_same_answers(writer: Writer) -> None:
    answers = writer.write(PROMPTS, 4)
    assert len(answers) == len(PROMPTS)
    assert len(set(answers)) > 1
    assert writer.write(PROMPTS, 4) == answers


def test_answers_stand_in_the_order_of_their_prompts(writer: Writer) -> None:
    assert writer.write(PROMPTS[::-1], 4) == writer.write(PROMPTS, 4)[::-1]


def test_an_answer_is_no_longer_than_asked_and_holds_no_prompt(writer: Writer) -> None:
    for answer in writer.write(PROMPTS, 3):
        assert len(answer.split()) <= 3


def test_a_single_prompt_with_lookup_answers_as_it_does_without(writer: Writer) -> None:
    prompt = PROMPTS[1]
    encoded = writer.tokenizer([prompt], return_tensors="pt")
    output = writer.model.generate(input_ids=encoded["input_ids"], do_sample=False, max_new_tokens=6, pad_token_id=0)
    plain = writer.tokenizer.decode(output[0, encoded["input_ids"].shape[1] :], skip_special_tokens=True)
    assert writer.write([prompt], 6) == [plain.strip()]


def test_nothing_asked_nothing_written(writer: Writer) -> None:
    assert writer.write([], 4) == []


def test_a_chat_template_changes_what_the_model_reads(tmp_path: Path, writer: Writer) -> None:
    chatty = load_writer(save_model(tmp_path, CHAT_TEMPLATE))
    assert chatty.write(["the term of"], 4) == writer.write(["the term of agreement"], 4)


def test_the_version_names_the_weights(tmp_path: Path, writer: Writer) -> None:
    same = load_writer(save_model(tmp_path / "same"))
    other = load_writer(save_model(tmp_path / "other", seed=8))
    assert writer.version == same.version != other.version


def test_a_folder_without_a_causal_model_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="cannot load a writer from"):
        load_writer(tmp_path)


BATCHES = [
    ([], []),
    ([5, 9, 7], [[1, 2, 0]]),
    ([4, 4, 4], [[0, 1, 2]]),
    ([1] * (MAX_BATCH + 1), [list(range(MAX_BATCH)), [MAX_BATCH]]),
    ([MAX_BATCH_TOKENS // 2, MAX_BATCH_TOKENS // 2, 10], [[0, 1], [2]]),
    ([MAX_BATCH_TOKENS * 2, 10], [[0], [1]]),
]


@pytest.mark.parametrize(("lengths", "expected"), BATCHES)
def test_batches_are_cut_longest_first_within_the_budget(lengths: list[int], expected: list[list[int]]) -> None:
    assert list(length_batches(lengths)) == expected


FLAGS = [
    (frozenset({"avx2", "avx512f"}), False),
    (frozenset({"avx512f", "avx512_bf16"}), False),  # slower than float32: see `device.BF16_FLAGS`
    (frozenset({"amx_bf16", "amx_tile"}), True),
    (frozenset[str](), False),
]


@pytest.mark.parametrize(("flags", "native"), FLAGS)
def test_bfloat16_only_where_the_cpu_has_matrix_units_for_it(flags: frozenset[str], native: bool) -> None:
    assert cpu_has_bf16(flags) is native


def test_the_picked_type_multiplies_on_the_picked_device() -> None:
    device = pick_device()
    ones = torch.ones(4, 4, dtype=pick_dtype(device), device=device)
    assert (ones @ ones).sum().item() == 64
