"""Where a writer's layers go and whether they fit, for models without weights and machines that are only told of."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import cpu_offload
from transformers import AutoConfig, AutoModelForCausalLM, BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from domain_models.runtime.continuation import Continuation
from domain_models.runtime.device import Memory, free_memory
from domain_models.runtime.generator import load_writer
from domain_models.runtime.placement import Placement, empty_model, main_device, place, weight_bytes
from schemas.errors import ModelUnavailable
from tests.test_generator import PROMPTS, save_model
from tests.test_low_rank import save_low_rank

GB = 1_000_000_000


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("tied", [True, False])
def test_a_models_size_is_known_before_its_weights_are_read(tied: bool, dtype: torch.dtype, tmp_path: Path) -> None:
    shape = AutoConfig.from_pretrained(save_model(tmp_path / "plain"), tie_word_embeddings=tied)
    LlamaForCausalLM(shape).save_pretrained(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=dtype)
    assert weight_bytes(empty_model(AutoConfig.from_pretrained(tmp_path), dtype)) == loaded.get_memory_footprint()


def eight_billion() -> LlamaConfig:
    """The shape of Llama 3 8B: 16.1 GB in bfloat16, some 0.44 GB a layer and 1.05 GB for each end."""
    return LlamaConfig(
        vocab_size=128256,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
    )


def layers_by_place(placement: Placement) -> dict[int | str, int]:
    """How many of the 32 layers each device has."""
    counts: dict[int | str, int] = {}
    for name, where in placement.items():
        layers = 32 if name in ("", "model", "model.layers") else int(bool(re.fullmatch(r"model\.layers\.\d+", name)))
        if layers:
            counts[where] = counts.get(where, 0) + layers
    return counts


PLACED = [
    (Memory({}, 32 * GB), {"cpu": 32}, "cpu"),
    (Memory({0: 24 * GB}, 8 * GB), {0: 32}, "cuda:0"),
    (Memory({1: 24 * GB}, 8 * GB), {1: 32}, "cuda:1"),
    (Memory({0: 4 * GB, 1: 24 * GB}, 8 * GB), {1: 32}, "cuda:1"),
    (Memory({0: 12 * GB, 1: 12 * GB, 2: 12 * GB}, 0), {0: 8, 1: 13, 2: 11}, "cuda:0"),
    (Memory({0: 12 * GB}, 32 * GB), {0: 17, "cpu": 15}, "cuda:0"),
]


@pytest.mark.parametrize(("memory", "layers", "device"), PLACED)
def test_one_gpu_if_it_fits_else_all_of_them_and_the_memory_beside(
    memory: Memory, layers: dict[int | str, int], device: str
) -> None:
    placement = place(empty_model(eight_billion(), torch.bfloat16), "big", memory)
    assert layers_by_place(placement) == layers
    assert str(main_device(placement)) == device


REFUSED = [
    (Memory({}, 16 * GB), True, "18.9 GB in bfloat16, 16.1 of them weights, and 16.0 GB are free (memory 16.0)"),
    (
        Memory({0: 8 * GB, 1: 4 * GB}, 5 * GB),
        True,
        "21.3 GB in bfloat16, 16.1 of them weights, and 17.0 GB are free (GPU 0 8.0, GPU 1 4.0, memory 5.0)",
    ),
    (Memory({0: 8 * GB}, 64 * GB), False, "18.9 GB in bfloat16, 16.1 of them weights, and 8.0 GB are free (GPU 0 8.0)"),
]


@pytest.mark.parametrize(("memory", "may_offload", "figures"), REFUSED)
def test_what_does_not_fit_says_how_much_it_needs(memory: Memory, may_offload: bool, figures: str) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        place(empty_model(eight_billion(), torch.bfloat16), "big", memory, may_offload)
    expected = f"the writer big does not fit: it needs {figures}; choose a smaller one with --writer, or --no-summaries"
    assert str(caught.value) == expected


def test_a_writer_is_refused_before_its_weights_are_read(tmp_path: Path) -> None:
    folder = save_model(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match=r"it needs 1\.2 GB in \w+, 0\.0 of them weights, and 1\.0 GB are free"):
        load_writer(folder, memory=Memory({}, GB))


def test_there_is_memory_here_and_a_writer_in_it_answers(tmp_path: Path) -> None:
    memory = free_memory()
    assert memory.cpu > 0 and list(memory.gpus) == list(range(torch.cuda.device_count()))
    base = save_model(tmp_path / "base")
    plain = load_writer(base)
    assert load_writer(base, memory=Memory({}, 4 * GB)).write(PROMPTS, 4) == plain.write(PROMPTS, 4)
    assert load_writer(base, save_low_rank(tmp_path / "adapter"), Memory({}, 4 * GB)).device == torch.device("cpu")


def test_a_model_under_accelerates_hooks_writes_and_reads_as_it_does_without(tmp_path: Path) -> None:
    """Its layers wait in memory and are brought one by one to where they run, which here is the CPU too."""
    plain = load_writer(save_model(tmp_path))
    waiting = load_writer(tmp_path)
    hooked = replace(waiting, model=cpu_offload(waiting.model, torch.device("cpu")))
    assert {weight.device.type for weight in hooked.model.parameters()} == {"meta"}
    assert hooked.write(PROMPTS, 4) == plain.write(PROMPTS, 4)
    with torch.inference_mode():
        runs = [Continuation(writer, [[3, 4, 5], [6]]) for writer in (plain, hooked)]
        expected, found = (run.likelihoods([[4, 5], [7]], 1) for run in runs)
    assert found == expected


def write_encoder(folder: Path) -> None:
    """A model that writes nothing: BERT's layers, and no weights for an end that would choose words."""
    save_model(folder)
    (folder / "model.safetensors").unlink()
    BertModel(
        BertConfig(vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    ).save_pretrained(folder)


def write_cut_off(folder: Path) -> None:
    path = save_model(folder) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (write_encoder, "ValueError"),
        (write_cut_off, "SafetensorError"),
    ],
)
def test_a_folder_that_holds_no_whole_writer_is_refused(
    write: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    write(tmp_path)
    with pytest.raises(ModelUnavailable, match=f"cannot load a writer from .*: {reason}; "):
        load_writer(tmp_path)
