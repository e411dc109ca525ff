"""The README is true: its commands run as they stand, its queries answer, and no command or setting is missing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from flows.cli import app
from flows.settings import Settings
from flows.stages.query import run_query
from tests.conftest import ROOT, SAMPLE_DOCS

README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
SHELL = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query).splitlines()[0].strip("- "))
def test_queries_answer(query: str, demo_database: Path) -> None:
    assert run_query(demo_database, query).rows


@pytest.mark.parametrize("script", SHELL)
def test_commands_run_as_they_stand(script: str, tmp_path: Path) -> None:
    """In a home folder with a contract and a record, as the README's reader has."""
    for folder, name in (("contracts", "legal/mutual_nda.pdf"), ("records", "medical/lab_report.pdf")):
        (tmp_path / folder).mkdir()
        shutil.copy(SAMPLE_DOCS / name, tmp_path / folder)
    cache = Settings().cache
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MUNIMENT_CACHE": str(cache),
        "PREFECT_HOME": str(tmp_path / "prefect"),
    }
    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "every promise holds"


def test_every_command_and_option_is_named() -> None:
    def named(command: object, path: str) -> list[str]:
        below = getattr(command, "commands", None)
        if below is not None:
            return [name for key, each in below.items() for name in named(each, f"{path} {key}")]
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]  # type: ignore[attr-defined]
        return [path, *options]

    wanted = named(typer.main.get_command(app), "muniment")
    assert [one for one in dict.fromkeys(wanted) if one not in README] == []


def test_every_setting_is_listed_with_its_default() -> None:
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `MUNIMENT_{name.upper()}` \| (.*?) \|", README, re.MULTILINE)
        assert row is not None, name
        if field.default_factory is None:
            default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
            assert row[1].strip("`") == {"False": "0", "None": "none"}.get(default, default), name


def test_every_folder_of_the_packages_is_drawn() -> None:
    tree = README[README.index("## The folders") : README.index("## What you can ask")]
    folders = {
        path.parent.name
        for package in ("schemas", "domain_models", "flows")
        for path in (ROOT / package).glob("*/__init__.py")
    }
    assert [name for name in sorted(folders) if f"{name}/" not in tree] == []
