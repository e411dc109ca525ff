"""Whose summaries and answers an adapter makes anew: those of its own domain, and on its own base model alone."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import domain_models.legal
from domain_models import use_custom_fields
from domain_models.low_rank import Use, load_low_rank_config
from flows.models import ModelChoice, Models

LEGAL = domain_models.legal.DOMAIN


def with_uses(folder: Path, uses: Sequence[Use]) -> Path:
    """A copy of the legal domain's folder whose writer's adapter is for these uses alone."""
    shutil.copytree(LEGAL.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    path = folder / "adapters" / "writer" / "adapter.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"uses": uses}), encoding="utf-8")
    assert load_low_rank_config(path.parent).uses == tuple(uses)
    return folder


def versions(folder: Path, monkeypatch: pytest.MonkeyPatch, writer: str = "writer") -> Mapping[str, str]:
    monkeypatch.setattr(domain_models.legal, "DOMAIN", replace(LEGAL, folder=folder))
    return Models(ModelChoice(writer=writer)).versions.writers


@pytest.mark.model
def test_an_adapter_changes_its_own_domains_version_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = versions(with_uses(tmp_path / "without", []), monkeypatch)
    tuned = with_uses(tmp_path / "tuned", ["summaries"])
    before = versions(tuned, monkeypatch)
    assert before["legal"] != without["legal"]
    assert before["medical"] == without["medical"]
    weights = tuned / "adapters" / "writer" / "adapter.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0\0")
    after = versions(tuned, monkeypatch)
    assert after["legal"] not in {before["legal"], without["legal"]}
    assert after["medical"] == without["medical"]


@pytest.mark.model
def test_an_adapter_for_questions_changes_what_its_domains_own_fields_rest_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = tmp_path / "fields.toml"
    table = '[[field]]\nname = "{0}_roof"\ntitle = "Roof"\nquestion = "Who mends the roof?"\nkind = "text"\ndomain = "{0}"\n'
    fields.write_text(table.format("legal") + table.format("medical"), encoding="utf-8")
    proposers = []
    for name, uses in (("plain", ["summaries"]), ("asked", ["questions"])):
        with monkeypatch.context() as patched:
            patched.setattr(domain_models.legal, "DOMAIN", replace(LEGAL, folder=with_uses(tmp_path / name, uses)))
            use_custom_fields(fields)
            proposers.append(Models(ModelChoice()).versions.proposers)
    use_custom_fields(None)
    assert proposers[0]["legal"] != proposers[1]["legal"] and proposers[0]["medical"] == proposers[1]["medical"]


@pytest.mark.model
def test_another_base_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = with_uses(tmp_path / "tuned", ["summaries"])
    base = Models(ModelChoice()).versions.writers["legal"].split("+")[0]
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("{}", encoding="utf-8")
    named = versions(folder, monkeypatch, str(other))
    assert not named["legal"].startswith(base)
    assert named["legal"].split("+")[1].startswith("summary.v")
