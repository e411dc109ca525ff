"""A writer's adapter: what it adds to its base, which version that is, and that it is refused where it does not fit."""

import json
from pathlib import Path
from typing import get_args

import pytest
import torch
from safetensors.torch import load_file, save_file

from domain_models import get_domain
from domain_models.adapter import is_tagger
from domain_models.low_rank import (
    WEIGHTS,
    LowRankConfig,
    Use,
    adapter_for,
    load_low_rank_config,
    save_low_rank_config,
    writer_adapter,
    writer_version,
)
from domain_models.runtime.generator import load_writer
from schemas.errors import ModelUnavailable
from tests.test_generator import CHAT_TEMPLATE, PROMPTS, save_model

MODULE = "model.layers.1.mlp.up_proj"


def save_low_rank(folder: Path, module: str = MODULE, width: int = 32, fill: float = 1.0) -> Path:
    save_low_rank_config(folder, LowRankConfig("tiny", 2, 4, ("question.v1",)))
    down, up = torch.full((2, width), fill), torch.full((64, 2), 0.5)
    save_file({f"{module}.lora_A": down, f"{module}.lora_B": up}, folder / WEIGHTS)
    return folder


def test_the_update_is_scaled_and_added_to_its_module_alone(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base")
    adapter = save_low_rank(tmp_path / "adapter")
    before, after = load_writer(base).model.state_dict(), load_writer(base, adapter).model.state_dict()
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == [f"{MODULE}.weight"]
    # alpha 4 over rank 2, times two products of 0.5 and 1
    assert torch.allclose(after[f"{MODULE}.weight"].float() - before[f"{MODULE}.weight"].float(), torch.tensor(2.0))


def test_an_adapter_of_nothing_writes_what_its_base_writes(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base", CHAT_TEMPLATE)
    adapter = save_low_rank(tmp_path / "adapter", fill=0.0)
    assert load_writer(base, adapter).write(PROMPTS, 4) == load_writer(base).write(PROMPTS, 4)


def test_another_byte_of_the_adapter_is_another_version(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base")
    versions = {writer_version(base, None)}
    for fill in (1.0, 2.0):
        versions.add(load_writer(base, save_low_rank(tmp_path / str(fill), fill=fill)).version)
    assert len(versions) == 3


@pytest.mark.parametrize(("module", "width"), [(MODULE, 48), ("model.layers.7.mlp.up_proj", 32)])
def test_an_adapter_of_another_shape_is_refused(module: str, width: int, tmp_path: Path) -> None:
    base = save_model(tmp_path / "base")
    adapter = save_low_rank(tmp_path / "adapter", module, width)
    with pytest.raises(ModelUnavailable, match=f"module '{module}'; it was made for 'tiny'"):
        load_writer(base, adapter)


def test_a_folder_without_an_adapter_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no writer's adapter at"):
        load_writer(save_model(tmp_path / "base"), tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"), [("legal", "writer"), ("legal", "overview"), ("medical", "writer"), ("medical", "plan")]
)
def test_a_domains_adapter_fits_its_card_and_is_no_tagger(name: str, folder: str) -> None:
    adapter = get_domain(name).folder / "adapters" / folder
    assert not is_tagger(adapter)
    assert (adapter / WEIGHTS).stat().st_size <= (20 << 20 if folder == "writer" else 10 << 20)
    config = load_low_rank_config(adapter)
    factors = load_file(adapter / WEIGHTS)
    assert {tuple(f.shape).count(config.rank) for f in factors.values()} == {1}
    assert all(factor.dtype == torch.bfloat16 for factor in factors.values())
    assert any(factor.abs().sum() > 0 for name, factor in factors.items() if name.endswith("lora_B"))
    card = (adapter / "README.md").read_text(encoding="utf-8")
    assert str(config.rank) in card
    assert [heading for heading in ("Data", "Split", "Recipe", "Figures", "Date") if heading not in card] == []


def test_topics_are_told_by_the_adapter_that_is_for_them() -> None:
    legal, medical = get_domain("legal"), get_domain("medical")
    assert adapter_for(legal, "topics", "writer") == legal.folder / "adapters" / "overview"
    assert adapter_for(legal, "topics", "another") is None
    assert adapter_for(medical, "topics", "writer") is None, "measured worse than the rules"


@pytest.mark.parametrize("use", get_args(Use))
def test_the_adapter_is_used_only_for_what_it_says_and_on_its_own_base(use: Use) -> None:
    for name in ("legal", "medical"):
        domain = get_domain(name)
        adapter = writer_adapter(domain)
        assert adapter is not None
        config = json.loads((adapter / "adapter.json").read_text(encoding="utf-8"))
        assert (adapter_for(domain, use, config["base"]) == adapter) is (use in config["uses"])
        assert adapter_for(domain, use, "another") is None
