"""A real headless Chromium for the tests of pages, and a review server in a process of its own."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def chromium(folder: Path) -> Iterator[Any]:
    """A browser with an empty profile in `folder`; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1280, "height": 800},
            timeout=120_000,
        )
        context.set_default_timeout(60_000)
        try:
            yield context
        finally:
            context.close()


@contextmanager
def review_server(database: Path, *options: str) -> Iterator[str]:
    """The address of `muniment review` on the database; ended as Ctrl-C ends it."""
    command = [sys.executable, "-m", "flows.cli", "review", "--database", str(database), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{40,}/", address), address
            yield address
        finally:
            server.terminate()
            server.wait(60)


def box_of(one: Any) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of an element, in pixels of the window."""
    box = one.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """The area that two boxes share."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0.0) * max(down, 0.0)
