"""What is installed is what is in the tree: the wheel holds every data file, and the command starts from it without heavy imports."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

DATA_ENDINGS = {".toml", ".sql", ".jinja", ".css", ".js", ".jsonl", ".json", ".safetensors"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_that_is_read(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    wanted = {
        name
        for name in tracked
        if name.startswith(("schemas/", "domain_models/", "flows/")) and Path(name).suffix in DATA_ENDINGS | {".py"}
    }
    assert wanted - held == set()


def test_the_command_works_from_the_wheel_and_loads_nothing_heavy_to_say_what_it_can(
    wheel: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-c", "from flows.cli import main; main()", "--help"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "evaluate" in shown
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, flows.cli; print(*sys.modules)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert {"torch", "prefect", "duckdb", "spacy", "transformers"} & set(loaded) == set()


def test_every_pin_names_a_package_that_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = " ".join([*project["dependencies"], *project["optional-dependencies"]["dev"]])
    pins = [line.split("#")[0].strip() for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()]
    names = [pin.replace(">", "=").split("=")[0] for pin in pins if pin]
    assert [name for name in names if name not in needed] == []
