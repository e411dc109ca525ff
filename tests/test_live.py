"""While a process holds a database and writes, others of the user read what it has committed, and can do no more."""

import socket
import stat
from pathlib import Path

import pytest
from stored_sample import extraction, filled_store, parsed

from flows.stages.live import ask_live, live_path, served
from schemas.errors import BadInput, StoreError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("encrypt", [False, True])
def test_what_is_committed_is_read_at_once(tmp_path: Path, key: str, encrypt: bool) -> None:
    path = tmp_path / "muniment.duckdb"
    count = "SELECT dishes FROM muniment.toy.dish_count"
    with filled_store(path, encrypt) as store, served(path, free_port()):
        assert stat.S_IMODE(live_path(path).stat().st_mode) == 0o600
        assert ask_live(path, count).rows == ((1,),)
        store.save_extraction([extraction(parsed("later.pdf").document)], "t", "r", "run-1")
        assert ask_live(path, count).rows == ((2,),)
    with pytest.raises(StoreError, match=r"no run serves .* now; leave --live out"):
        ask_live(path, count)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM muniment.core.findings", "one SELECT on tables and views alone"),
        ("SELECT 1; DELETE FROM muniment.core.findings", "one SELECT on tables and views alone"),
        ("SELECT * FROM read_csv('/etc/passwd')", "one SELECT on tables and views alone"),
        ("SELECT * FROM '/etc/passwd.csv'", "one SELECT on tables and views alone"),
        ("SELECT * FROM (SELECT * FROM read_text('/etc/passwd'))", "one SELECT on tables and views alone"),
        ("SELECT (SELECT content FROM read_text('/etc/passwd'))", "one SELECT on tables and views alone"),
        ("COPY muniment.core.documents TO 'out.csv'", "one SELECT on tables and views alone"),
        ("SET memory_limit = '1GB'", "one SELECT on tables and views alone"),
        ("SELECT nothing FROM muniment.core.runs", 'Referenced column "nothing" not found'),
        ("SELECT error(text) FROM muniment.core.documents", "the query stopped; the message may quote a document"),
    ],
)
def test_nothing_but_reading_is_done(served_database: Path, sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as raised:
        ask_live(served_database, sql)
    assert "cre\u0301me" not in str(raised.value)


@pytest.fixture(scope="module")
def served_database(tmp_path_factory: pytest.TempPathFactory) -> "object":
    path = tmp_path_factory.mktemp("live") / "muniment.duckdb"
    with filled_store(path), served(path, free_port()):
        yield path


def test_a_wrong_token_is_refused(served_database: Path) -> None:
    kept = live_path(served_database).read_text()
    try:
        live_path(served_database).write_text(kept.replace(kept[-10:-2], "xxxxxxxx"))
        with pytest.raises(BadInput):
            ask_live(served_database, "SELECT 1")
    finally:
        live_path(served_database).write_text(kept)
    assert ask_live(served_database, "SELECT 1").rows == ((1,),)
