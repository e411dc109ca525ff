"""An encrypted database shows nothing in its files, opens with its key alone, and is told from a plain one by itself."""

import base64
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from stored_sample import extraction, filled_store, finding, parsed, toy_domain

from flows.commands.protecting import encrypt as encrypt_command
from flows.settings import settings
from flows.stages.audit import read_journal
from flows.stages.database import connect
from flows.stages.encryption import database_key
from flows.stages.export import export_parquet, parquet_path
from flows.stages.publish import publish, snapshot_path
from flows.stages.query import run_query
from flows.stages.store import open_store
from flows.stages.verify import verify
from schemas.errors import BadInput, DatabaseBusy, KeyUnusable, StoreError

WORDS = [word.encode(encoding) for word in ("menu", "Sweet things") for encoding in ("utf-8", "utf-16-le")]
OTHER_KEY = base64.b64encode(b"o" * 32).decode()


def use_key(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("MUNIMENT_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("MUNIMENT_KEY", key)
    settings.cache_clear()


def words_in(folder: Path) -> list[str]:
    """Files that show a word of the stored documents."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) >= 2
    return [file.name for file in files if any(word in file.read_bytes() for word in WORDS)]


@pytest.fixture
def database(tmp_path: Path, key: str) -> Path:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "muniment.duckdb"
    with filled_store(path, encrypt=True):
        pass
    (tmp_path / "data" / "toy" / "views.sql").rename(tmp_path / "views.sql")
    return path


def test_no_file_shows_a_word_even_while_it_is_written(tmp_path: Path, key: str) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "muniment.duckdb"
    with filled_store(path, encrypt=True) as store:
        (tmp_path / "data" / "toy" / "views.sql").unlink()
        publish(path)
        export_parquet(path)
        store.save_extraction([extraction(parsed("later.pdf").document)], "t", "r", "run-1")
        assert path.with_name("muniment.duckdb.wal").stat().st_size > 0
        assert words_in(tmp_path) == []
    assert words_in(tmp_path) == []


def test_the_same_search_finds_the_words_of_a_plain_database(tmp_path: Path) -> None:
    with filled_store(tmp_path / "muniment.duckdb"):
        publish(tmp_path / "muniment.duckdb")
        export_parquet(tmp_path / "muniment.duckdb")
    found = words_in(tmp_path)
    assert found.count("muniment.duckdb") == 2
    assert any(name.endswith(".parquet") for name in found)


def test_it_is_found_encrypted_by_itself(database: Path, tmp_path: Path) -> None:
    assert run_query(database, "SELECT dishes FROM toy.dish_count").rows == ((1,),)
    with open_store(database) as store:
        store.save_extraction([extraction(parsed("later.pdf").document)], "t", "r", "run-1")
        publish(database)
    assert run_query(database, "SELECT dishes FROM toy.dish_count").rows == ((2,),)
    assert verify(database, [toy_domain(tmp_path / "toy")]) == ()
    assert words_in(database.parent) == []


def test_while_it_is_open_no_other_process_can_open_it(database: Path) -> None:
    code = f"from pathlib import Path; from flows.stages.database import connect; connect(Path({str(database)!r}))"
    with open_store(database) as store:
        publish(database)
        verify(database, [])
        run_query(database, "SELECT 1")
        tried = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert DatabaseBusy.__name__ in tried.stderr
        assert store.fingerprints()
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (None, "encryption needs a key: set MUNIMENT_KEY_FILE"),
        (OTHER_KEY, "the key does not open database .*; give its own in MUNIMENT_KEY_FILE or MUNIMENT_KEY"),
        ("secret", "MUNIMENT_KEY is not 32 bytes in base64; make one with `openssl rand -base64 32`"),
    ],
)
def test_a_missing_or_wrong_key_is_one_clear_line(
    database: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, line: str
) -> None:
    publish(database)
    use_key(monkeypatch, given)
    for read in (
        lambda: run_query(database, "SELECT 1"),
        lambda: connect(database),
        lambda: verify(database, []),
        lambda: publish(database),
        lambda: export_parquet(database),
        lambda: open_store(database),
    ):
        with pytest.raises(KeyUnusable, match=line) as raised:
            read()
        assert "\n" not in str(raised.value)
        assert "secret" not in str(raised.value) and OTHER_KEY not in str(raised.value)
    assert [path.name for path in snapshot_path(database).parent.iterdir()] == ["muniment.duckdb"]


def test_a_plain_database_is_refused_where_it_should_be_encrypted(tmp_path: Path, key: str) -> None:
    path = tmp_path / "muniment.duckdb"
    with filled_store(path):
        pass
    with pytest.raises(StoreError, match=r"is not encrypted; `muniment encrypt --database .*` makes it so"):
        open_store(path, encrypt=True)
    assert run_query(path, "SELECT dishes FROM toy.dish_count").rows == ((1,),)


def test_a_plain_file_in_place_of_an_encrypted_one_is_read_as_it_is(database: Path) -> None:
    database.unlink()
    with filled_store(database):
        pass
    with duckdb.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM core.documents").fetchall() == [(2,)]


def test_a_key_file_must_be_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    file = tmp_path / "key"
    file.write_text(key + "\n")
    monkeypatch.setenv("MUNIMENT_KEY_FILE", str(file))
    use_key(monkeypatch, None)
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(KeyUnusable, match=rf"is open to others \(mode {mode:o}\); run `chmod 600"):
            database_key()
    file.chmod(0o400)
    assert database_key() == key
    file.chmod(0o600)
    file.write_bytes(b"\xff" * 40)
    with pytest.raises(KeyUnusable, match=r"key file .* is not 32 bytes in base64; make one with `openssl rand"):
        database_key()
    file.unlink()
    with pytest.raises(KeyUnusable, match="cannot be read: No such file"):
        database_key()


def test_what_spills_to_disk_is_encrypted_too(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(database)
    connection.execute("SET memory_limit = '60MB'; SET threads = 1")
    rows = connection.execute("SELECT 'menu' || i AS word FROM range(3000000) r(i) ORDER BY hash(i)")
    rows.fetchone()
    spilled = list(Path(f"{database}.tmp").iterdir())
    assert sum(file.stat().st_size for file in spilled) > 1_000_000
    assert [file.name for file in spilled if b"menu" in file.read_bytes()] == []
    connection.close()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM core.findings", "is for reading; give a SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "file system operations are disabled"),
        ("COPY core.documents TO 'out.csv'", "file system operations are disabled"),
        ("ATTACH 'other.duckdb'", "file system operations are disabled"),
        ("SET enable_external_access = true", "is for reading; give a SELECT"),
    ],
)
def test_a_query_of_an_encrypted_snapshot_reaches_nothing_else(database: Path, sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run_query(database, sql)


def test_its_parquet_files_open_with_the_key(database: Path, key: str) -> None:
    publish(database)
    export_parquet(database)
    dishes = f"FROM read_parquet('{parquet_path(database)}/toy/dishes/*.parquet'"
    with duckdb.connect() as reader:
        with pytest.raises(duckdb.Error, match="encrypted"):
            reader.execute(dishes + ")")
        reader.execute(f"PRAGMA add_parquet_key('muniment', '{key}')")
        found = reader.execute(f"SELECT dish {dishes}, encryption_config = {{footer_key: 'muniment'}})").fetchall()
    assert found == [(finding(parsed().document, "dish", "cre\u0301me bru\u0302le\u0301e").quote,)]


def test_a_plain_database_is_made_an_encrypted_one(tmp_path: Path, key: str) -> None:
    path = tmp_path / "data" / "muniment.duckdb"
    path.parent.mkdir()
    with filled_store(path) as store:
        store.record("run", "run-1")
    (tmp_path / "data" / "toy" / "views.sql").unlink()
    publish(path)
    export_parquet(path)
    rows = run_query(path, "SELECT * FROM core.findings ORDER BY ALL").rows
    assert words_in(path.parent) != []
    encrypt_command(path)
    assert words_in(path.parent) == []
    assert run_query(path, "SELECT * FROM core.findings ORDER BY ALL").rows == rows
    assert verify(path, [toy_domain(tmp_path / "toy")]) == ()
    assert parquet_path(path).is_dir()
    assert [entry.action for entry in read_journal(path)] == ["run", "encrypt"]
    with pytest.raises(StoreError, match="is encrypted already"):
        encrypt_command(path)
