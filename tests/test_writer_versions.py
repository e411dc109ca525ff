"""Whose summaries an adapter makes anew: those of its own domain, and on its own base model alone."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import domain_models.legal
from domain_models.low_rank import load_low_rank_config
from flows.models import ModelChoice, Models

LEGAL = domain_models.legal.DOMAIN


def with_summaries(folder: Path, wanted: bool) -> Path:
    """A copy of the legal domain's folder whose writer's adapter is, or is not, for summaries."""
    shutil.copytree(LEGAL.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    path = folder / "adapters" / "writer" / "adapter.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"summaries": wanted}), encoding="utf-8")
    assert load_low_rank_config(path.parent).summaries is wanted
    return folder


def versions(folder: Path, monkeypatch: pytest.MonkeyPatch, writer: str = "writer") -> Mapping[str, str]:
    monkeypatch.setattr(domain_models.legal, "DOMAIN", replace(LEGAL, folder=folder))
    return Models(ModelChoice(writer=writer)).versions.writers


@pytest.mark.model
def test_an_adapter_changes_its_own_domains_version_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = versions(with_summaries(tmp_path / "without", False), monkeypatch)
    tuned = with_summaries(tmp_path / "tuned", True)
    before = versions(tuned, monkeypatch)
    assert before["legal"] != without["legal"]
    assert before["medical"] == without["medical"]
    weights = tuned / "adapters" / "writer" / "adapter.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0\0")
    after = versions(tuned, monkeypatch)
    assert after["legal"] not in {before["legal"], without["legal"]}
    assert after["medical"] == without["medical"]


@pytest.mark.model
def test_another_base_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = with_summaries(tmp_path / "tuned", True)
    base = Models(ModelChoice()).versions.writers["legal"].split("+")[0]
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("{}", encoding="utf-8")
    named = versions(folder, monkeypatch, str(other))
    assert not named["legal"].startswith(base)
    assert named["legal"].split("+")[1].startswith("summary.v")
