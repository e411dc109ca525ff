"""`muniment` as a user starts it: a process of its own, in a folder of its own."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def muniment(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd), **environment},
    )  # fmt: skip


def error_line(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line that a command which failed has said, beside a progress bar."""
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("documents ")]
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert len(lines) == 1, lines
    assert lines[0].startswith("muniment: "), lines
    return lines[0].removeprefix("muniment: ")
