"""A full disk, a read-only folder, a lost model file: one clear line, nothing lost, and the next run goes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from stored_sample import START, extraction, parsed, toy_domain

from flows.server import plain_server_errors
from flows.stages.publish import publish, snapshot_path
from flows.stages.query import run_query
from flows.stages.store import Parsed, Store, open_store
from flows.stages.verify import verify
from schemas.document import join_pages
from schemas.errors import ModelUnavailable, ServerUnavailable, StoreError
from tests.conftest import ROOT, SAMPLE_DOCS

CONTRACT = SAMPLE_DOCS / "legal" / "mutual_nda.pdf"


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 20 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=20m", "tmpfs", str(place))
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("only root may mount a file system, and not in every container")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def long_document(number: int) -> Parsed:
    """A document whose text does not compress away."""
    noise = "".join(chr(33 + (n * n * (number + 1) // 7) % 90) for n in range(200_000))
    text, pages = join_pages([noise], ["pypdf"])
    made = parsed(f"{number}.pdf")
    return replace(made, sections=(), document=replace(made.document, text=text, pages=pages, maps=()))


def fill_up(store: Store) -> int:
    """Stores documents until the disk is full; how many were stored."""
    for number in range(100):
        try:
            store.save_parsed([long_document(number)], "1+p", "run-1")
        except StoreError as error:
            assert str(error) == (
                f"no room left to write database {store.path}; what was stored before is kept: free some space"
            )
            return number
    raise AssertionError("the disk was never full")


def test_a_full_disk_loses_nothing_and_more_room_is_enough_to_go_on(small_disk: Path) -> None:
    database = small_disk / "muniment.duckdb"
    domain = toy_domain(small_disk / "toy")
    menu = parsed()
    with open_store(database, [domain]) as store:
        store.start_run("run-1", START, {})
        store.save_parsed([menu], "p1", "run-1")
        store.save_extraction([extraction(menu.document)], "t1", "toy-1", "run-1")
        publish(database)
        stored = fill_up(store)
        assert stored > 3
        with pytest.raises(
            StoreError, match=r"no room left to write database \S*\.muniment\.duckdb\.new|cannot be written: No"
        ):
            publish(database)
        assert [path.name for path in snapshot_path(database).parent.iterdir()] == ["muniment.duckdb"]
    assert run_query(database, "SELECT dishes FROM toy.dish_count").rows == ((1,),)
    _mount("-o", "remount,size=200m", str(small_disk))
    with open_store(database, [domain]) as store:
        assert len(store.fingerprints()) == stored + 1
        store.save_parsed([long_document(stored)], "1+p", "run-1")
    assert verify(database, [domain]) == ()
    publish(database)


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that this user, root included, cannot write to."""
    folder = tmp_path / "closed"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    try:
        _mount("-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder))
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("nothing is read-only for root, and this container allows no mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def command(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-m", "flows.cli", *arguments]
    return subprocess.run(
        program, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=550
    )


def said(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """What the command wrote beside its progress bar."""
    return [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("documents ")]


def test_a_read_only_folder_is_said_in_one_line(closed_folder: Path) -> None:
    database = closed_folder / "muniment.duckdb"
    with pytest.raises(StoreError, match=f"database {database} cannot be written: its file or folder is read-only"):
        open_store(database)


@pytest.mark.parametrize("lost", ["model.safetensors", "tokenizer.json"])
def test_a_lost_model_file_is_said_in_one_line_and_the_reading_is_kept(lost: str, tmp_path: Path) -> None:
    from flows.settings import settings

    cache, database = tmp_path / "cache", tmp_path / "muniment.duckdb"
    for file in (whole for whole in settings().cache.glob("small-*/*") if whole.name != lost):
        place = cache / file.parent.name
        place.mkdir(parents=True, exist_ok=True)
        (place / file.name).symlink_to(file)
    home = {"PREFECT_HOME": str(tmp_path / "prefect")}
    nowhere = {"PIP_NO_INDEX": "1", "HF_HUB_OFFLINE": "1", "MUNIMENT_CACHE": str(cache), **home}
    arguments = ("run", str(CONTRACT), "--no-summaries", "--database", str(database))
    failed = command(*arguments, **nowhere)
    assert failed.returncode == 1
    assert len(said(failed)) == 1, said(failed)
    assert said(failed)[0].startswith("muniment: base model 'small' is neither in the cache nor within reach")
    with open_store(database) as store:
        assert [state.state for state in store.fingerprints().values()] == ["parsed"]
    done = command(*arguments, **home)
    assert done.returncode == 0, done.stderr
    with open_store(database) as store:
        assert [state.state for state in store.fingerprints().values()] == ["processed"]


REQUEST = httpx.Request("POST", "http://127.0.0.1/api/task_runs/")


@pytest.mark.parametrize(
    "behind",
    [
        httpx.ConnectError("All connection attempts failed"),
        httpx.HTTPStatusError("503 Service Unavailable", request=REQUEST, response=httpx.Response(503)),
    ],
)
def test_a_server_that_goes_or_is_too_busy_is_said_in_one_line(behind: Exception) -> None:
    """As measured by a kill -9 of it, and beside much other work: Prefect hides this behind an error of its own."""
    said = "has gone or is too busy; what was stored stays"
    with pytest.raises(ServerUnavailable, match=said), plain_server_errors():
        try:
            raise behind
        except httpx.HTTPError as error:
            raise ValueError("Unable to acquire concurrency slots") from error


def test_an_error_of_the_request_is_not_taken_for_a_lost_server() -> None:
    refused = httpx.HTTPStatusError("404 Not Found", request=REQUEST, response=httpx.Response(404))
    with pytest.raises(httpx.HTTPStatusError), plain_server_errors():
        raise refused


def test_a_model_that_cannot_be_fetched_is_not_taken_for_a_lost_server() -> None:
    with pytest.raises(ModelUnavailable), plain_server_errors():
        try:
            raise httpx.ConnectError("no hub")
        except httpx.ConnectError as error:
            raise ModelUnavailable("base model 'small' is not within reach") from error
