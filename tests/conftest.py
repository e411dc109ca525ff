"""What tests share: where things lie, a Prefect server of their own, and one database made from sample_docs."""

import base64
import logging
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from flows.settings import prepare_environment, settings

prepare_environment()

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
SAMPLE_DOCS = ROOT / "sample_docs"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data, which not every checkout has."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no public data at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server with its own empty database."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with (
        prefect_test_harness(server_startup_timeout=600),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield
    logging.shutdown()


@pytest.fixture(scope="session")
def demo_database(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that `make demo` makes, from sample_docs with the real models."""
    from flows.process import process_documents

    database = tmp_path_factory.mktemp("demo") / "demo.duckdb"
    process_documents([str(SAMPLE_DOCS)], str(database))
    return database


KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A key in the environment, as a user sets it."""
    monkeypatch.setenv("MUNIMENT_KEY", KEY)
    settings.cache_clear()
    yield KEY
    settings.cache_clear()


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C reaches what a test starts: a shell's background job ignores it, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def needs_engine(runner: str) -> None:
    """Skips the test where what the runner needs is not on this machine.

    Looks without importing: Ray keeps the rules of who may reach it that it finds in the environment when it is imported.
    """
    from flows.engines import ENGINES, MEMORY, OBJECT_BYTES, free_memory

    if runner in ENGINES and find_spec(ENGINES[runner]) is None:
        pytest.skip(f"the extra {runner} is not installed")
    if runner == "ray" and free_memory() < OBJECT_BYTES:
        pytest.skip(f"Ray needs more memory than {MEMORY} has")
