"""Taggers that read as one: the mean of what they say, one version of both, and what cannot be read together."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from domain_models import get_domain
from domain_models.adapter import AdapterConfig, adapter_version, load_config, members
from domain_models.decoding.scores import Probabilities
from domain_models.heads import Head
from domain_models.runtime import ensemble
from domain_models.runtime.adapter import save_adapter
from domain_models.runtime.ensemble import Ensemble, load_reader
from domain_models.runtime.int8 import Int8Linear
from domain_models.runtime.network import TaggerNetwork
from domain_models.runtime.tagger import Tagger
from domain_models.tagging import plan_span_source
from domain_models.training.recipe import load_recipe
from schemas.errors import ModelUnavailable
from tests.tiny_encoder import write_tiny_encoder

RECIPES = Path(__file__).parents[1] / "domain_models" / "training" / "recipes"
TEXT = "the supplier shall deliver goods within thirty days of notice ."
HEADS = (Head("h", "span", ("Term", "Notice")), Head("b", "bio", ("Drug",)))
ALONE = AdapterConfig("one", HEADS, 16, 12)

Bases = Callable[[str], Path]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    """Two encoders with the same words under other ids, and one that cuts a text at spaces alone."""
    root = tmp_path_factory.mktemp("bases")
    write_tiny_encoder(root / "one", TEXT.split())
    write_tiny_encoder(root / "other", sorted(TEXT.split()))
    write_tiny_encoder(root / "coarse", TEXT.split(), splits_on_spaces_alone=True)
    return root.joinpath


@pytest.fixture
def adapters(tmp_path: Path, bases: Bases) -> Path:
    """A folder with the adapter `lead`, which `beside` reads with, each with weights of its own."""
    write_adapter(tmp_path / "lead", bases, replace(ALONE, ensemble=("beside",)), seed=1)
    write_adapter(tmp_path / "beside", bases, replace(ALONE, base="other"), seed=2)
    return tmp_path


def write_adapter(folder: Path, bases: Bases, config: AdapterConfig, seed: int) -> None:
    network = TaggerNetwork(bases(config.base), config.heads)
    torch.manual_seed(seed)
    for parameter in network.heads.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    save_adapter(folder, network, config)


def odds(probabilities: Probabilities) -> Probabilities:
    return np.asarray(np.log(probabilities / (1 - probabilities)), np.float32)


def test_the_mean_of_what_both_say_counts(adapters: Path, bases: Bases) -> None:
    reader = load_reader(adapters / "lead", bases)
    one, other = (Tagger(adapters / name, bases(base)) for name, base in (("lead", "one"), ("beside", "other")))
    texts = [TEXT, "goods within days .", ""]
    for both, first, second in zip(reader.read(texts), one.read(texts), other.read(texts), strict=True):
        assert np.array_equal(both.tokens.ids, first.tokens.ids)
        assert all(both.heads[name].shape == first.heads[name].shape for name in ("h", "b"))
        assert np.allclose(odds(both.heads["h"]), (odds(first.heads["h"]) + odds(second.heads["h"])) / 2, atol=1e-3)
        assert np.allclose(both.heads["b"], (first.heads["b"] + second.heads["b"]) / 2, atol=1e-6)
    scores, alone = (next(iter(tagger.read([TEXT]))).heads["h"] for tagger in (reader, one))
    assert not np.allclose(scores, alone, atol=0.01)


def test_an_adapter_that_names_no_other_reads_alone(adapters: Path, bases: Bases) -> None:
    assert isinstance(load_reader(adapters / "beside", bases), Tagger)
    assert isinstance(load_reader(adapters / "lead", bases), Ensemble)


def test_one_that_reads_alone_may_read_in_8_bits_and_an_ensemble_never(
    adapters: Path, bases: Bases, monkeypatch: pytest.MonkeyPatch
) -> None:
    for may in (True, False):
        monkeypatch.setattr(ensemble, "reads_in_int8", lambda _, may=may: may)
        lone, several = load_reader(adapters / "beside", bases), load_reader(adapters / "lead", bases)
        assert isinstance(lone, Tagger)
        assert isinstance(several, Ensemble)
        assert has_int8(lone) is may
        assert not any(map(has_int8, several.taggers))


def has_int8(tagger: Tagger) -> bool:
    return any(isinstance(module, Int8Linear) for module in tagger.network.modules())


def test_another_byte_in_either_is_another_version(adapters: Path) -> None:
    before = adapter_version(*members(adapters / "lead"))
    weights = adapters / "beside" / "adapter-1.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert adapter_version(*members(adapters / "lead")) != before != adapter_version(adapters / "lead")


def test_what_cannot_read_together_says_why(adapters: Path, bases: Bases) -> None:
    write_adapter(adapters / "beside", bases, replace(ALONE, heads=HEADS[:1]), seed=2)
    with pytest.raises(ModelUnavailable, match=r"beside has other heads than .*lead"):
        load_reader(adapters / "lead", bases)
    write_adapter(adapters / "beside", bases, replace(ALONE, base="coarse"), seed=2)
    with pytest.raises(ModelUnavailable, match="different tokens"):
        list(load_reader(adapters / "lead", bases).read(["goods, within days"]))
    (adapters / "beside" / "adapter.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"no trained adapter at .*beside"):
        load_reader(adapters / "lead", bases)


@pytest.mark.parametrize("domain", ["legal", "medical"])
def test_the_larger_tagger_that_we_ship_reads_with_the_small_one(domain: str) -> None:
    base = get_domain(domain).folder / "adapters" / "base"
    assert [folder.name for folder in members(base)] == ["base", "small"]
    assert load_config(base).heads == load_config(base.with_name("small")).heads
    version = plan_span_source(get_domain(domain), "base").version  # by which a run knows what to tag anew
    assert version.partition("+")[0] == adapter_version(base, base.with_name("small")) != adapter_version(base)
    recipe = load_recipe(RECIPES / f"{domain}-base.toml")
    assert (recipe.ensemble, recipe.heads) == (load_config(base).ensemble, load_config(base).heads)


@pytest.mark.parametrize("tagger", ["small", "base"])
@pytest.mark.parametrize("domain", ["legal", "medical"])
def test_a_tagger_that_we_ship_reads_as_its_recipe_says(domain: str, tagger: str) -> None:
    config = load_config(get_domain(domain).folder / "adapters" / tagger)
    recipe = load_recipe(RECIPES / f"{domain}-{tagger}.toml")
    read = (config.window, config.stride, config.second_look)
    assert read == (recipe.window, recipe.stride, recipe.second_look)
    assert config.stride <= config.window - 2, "no token is left out"
