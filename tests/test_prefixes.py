"""What prompts share is read once: which tokens, and that nothing else changes. On the tiny model of test_generator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

from domain_models.runtime import generator
from domain_models.runtime.continuation import Continuation
from domain_models.runtime.generator import Writer, load_writer
from domain_models.runtime.prefixes import begin, shared_stems
from tests.test_generator import SENTENCE, WORDS, save_model

HEAD = list(range(100, 120))
PASSAGE = list(range(200, 240))
STEMS = [
    ("none", [], []),
    ("one prompt", [HEAD], [0]),
    ("nothing alike", [[1, *HEAD], [2, *HEAD]], [0, 0]),
    ("too little alike", [[*HEAD[:15], 1], [*HEAD[:15], 2]], [0, 0]),
    ("a common head", [[*HEAD, 1, 2], [*HEAD, 3], [*HEAD, 4, 5, 6]], [20, 20, 20]),
    ("the same prompt twice", [HEAD, HEAD], [19, 19]),
    ("one begins the other", [HEAD, [*HEAD, 1]], [19, 19]),
    ("questions to two passages", [[*HEAD, *PASSAGE, 1], [*HEAD, *PASSAGE, 2], [*HEAD, *PASSAGE[::-1], 1], [*HEAD, *PASSAGE[::-1], 2]], [60] * 4),
    ("one passage and a passage alone", [[*HEAD, *PASSAGE, 1], [*HEAD, *PASSAGE, 2], [*HEAD, *PASSAGE, 3], [*HEAD, 9]], [60, 60, 60, 20]),
]  # fmt: skip


@pytest.mark.parametrize(("prompts", "stems"), [case[1:] for case in STEMS], ids=[case[0] for case in STEMS])
def test_what_is_read_once(prompts: list[list[int]], stems: list[int]) -> None:
    assert shared_stems(prompts) == stems
    assert shared_stems(prompts[::-1]) == stems[::-1]


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    return load_writer(save_model(tmp_path_factory.mktemp("plain")))


PROMPTS = [f"{SENTENCE} {SENTENCE} {end}" for end in ("the term", "payment", "of this agreement is three years", "due")]


def test_answers_are_those_of_prompts_read_alone(writer: Writer) -> None:
    with counted(writer.model) as shared:
        answers = writer.write(PROMPTS, 5)
    with counted(writer.model) as whole:
        assert answers == replace(writer, share=False).write(PROMPTS, 5)
    assert len(set(answers)) > 1
    assert answers == [writer.write([prompt], 5)[0] for prompt in PROMPTS]
    assert sum(shared) < sum(whole) * 0.6


@torch.inference_mode()
def test_what_follows_is_as_likely_as_for_prompts_read_alone(writer: Writer) -> None:
    prompts = [[*range(3, 15), *range(3, 15), *rest] for rest in ([4], [5, 6, 7], [8, 9])]
    assert any(shared_stems(prompts))
    run = Continuation(writer, prompts)
    run.feed([5, 6, 7])
    together = run.likelihoods([[8, 9], [10], []], 1)
    for prompt, token, rest, expected in zip(prompts, [5, 6, 7], [[8, 9], [10], []], together, strict=True):
        alone = Continuation(writer, [prompt])
        alone.feed([token])
        (found,) = alone.likelihoods([rest], 1)
        assert found.following == pytest.approx(expected.following, abs=1e-4)
        assert found.ending == pytest.approx(expected.ending, abs=1e-4)


def test_a_model_that_forgets_old_tokens_reads_each_prompt_whole() -> None:
    """The cache of a sliding window holds its last tokens only; those of a stem that is padded behind are others."""
    shape: dict[str, Any] = {
        "vocab_size": 300, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64,
    }  # fmt: skip
    sliding = MistralForCausalLM(MistralConfig(**shape, sliding_window=8))
    plain = LlamaForCausalLM(LlamaConfig(**shape))
    prompts = [[*HEAD, 1], [*HEAD, 2, 3]]
    begun = {model: begin(model, prompts, 0, torch.device("cpu")) for model in (sliding, plain)}
    assert (begun[sliding].cache, begun[sliding].read, begun[sliding].ids.shape) == (None, 0, (2, 22))
    assert (type(begun[plain].cache), begun[plain].read, begun[plain].ids.shape) == (DynamicCache, 20, (2, 22))


def test_a_prompt_beyond_the_longest_loses_its_beginning_as_before(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "MAX_PROMPT_TOKENS", 20)
    assert writer.write([f"{' '.join(WORDS[3:])} {PROMPTS[0]}", PROMPTS[0]], 3)[0] == writer.write(PROMPTS[:1], 3)[0]


@contextmanager
def counted(model: Any) -> Iterator[list[int]]:
    """The tokens, padding included, of each pass of the model."""
    tokens: list[int] = []
    hook = model.register_forward_pre_hook(
        lambda _module, _args, given: tokens.append(given["input_ids"].numel()), with_kwargs=True
    )
    try:
        yield tokens
    finally:
        hook.remove()
