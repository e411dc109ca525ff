"""What a run leaves behind: no words of a document outside the database's own files, none at all in the open when it is
encrypted, nothing that others may read, and no connection to anywhere but this machine."""

import base64
import os
import secrets
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.engines import MEMORY
from flows.settings import Settings
from tests.conftest import ROOT, needs_engine
from tests.made_pdfs import form_pdf, lines_pdf, picture, scan_pdf

PLANTED = ("Quorvintha", "ZEBULQUAX", "vyxendrapple", "Iskrabelmund")
"""Words that occur nowhere else: a party, a heading, the value of a form's field, a word read by OCR."""

NEEDLES = {
    form
    for word in PLANTED
    for spelled in (word, word.lower(), word.upper())
    for form in (spelled.encode(), spelled.encode("utf-16-le"), spelled.encode().hex().encode())
} | {
    # What the word alone decides of its base64, wherever it begins: with fewer characters, ciphertext holds it by chance.
    base64.b64encode(b"x" * skip + word.encode())[-(-skip * 4 // 3) : (skip + len(word)) * 4 // 3]
    for word in PLANTED
    for skip in range(3)
}
SHORTEST_NEEDLE = 9
"""Bytes: by chance in one of 10^14 files of 10 MB; four bytes, as the search once had, are in one of 400."""

# Loaded by every Python process of the run: writes down each address that is not this machine's, and refuses it.
GUARD = """
import os, sys
def _guard(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        place = args[1]
        where = place[0] if isinstance(place, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        where = args[0]
    else:
        return
    where = where.decode() if isinstance(where, bytes) else where
    if where in (None, "", "localhost", "::1", "0.0.0.0", "::") or str(where).startswith("127."):
        with open(os.environ["GUARD_LOG"] + ".local", "a") as seen:
            seen.write(f"{event}\\n")
        return
    with open(os.environ["GUARD_LOG"], "a") as log:
        log.write(f"{event} {where} {sys.argv}\\n")
    raise OSError("outbound connection refused by the guard")
sys.addaudithook(_guard)
"""


@dataclass
class Home:
    """A user's home folder, with all that a run may write to."""

    folder: Path
    seen: set[str] = field(default_factory=set)

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def muniment(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command line here, and looks for planted words in every file meanwhile and after."""
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done,))
        watch.start()
        try:
            return subprocess.run(
                [sys.executable, "-m", "flows.cli", *arguments], cwd=self.work, capture_output=True,
                text=True, timeout=900, env=self._environment() | environment,
            )  # fmt: skip
        finally:
            done.set()
            watch.join()
            self.look()

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"), "PREFECT_HOME": str(self.folder / "prefect"),
            "MUNIMENT_CACHE": str(Settings().cache), "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.folder / 'guard'}:{ROOT}", "GUARD_LOG": str(self.folder / "outbound"),
            "PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        }  # fmt: skip

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(0.5):
            self.look()

    def look(self) -> None:
        """Notes each file that shows a planted word now."""
        for file in self.files():
            try:
                content = file.read_bytes()
            except OSError:  # gone meanwhile, or a socket
                continue
            if any(needle in content for needle in NEEDLES):
                self.seen.add(str(file).removeprefix(f"{self.folder}/"))

    def files(self) -> Iterator[Path]:
        """Every file but the documents themselves; a cluster's own lie in memory."""
        for top in (self.folder, *Path(MEMORY).glob("muniment-ray-*")):
            for parent, _, names in os.walk(top):
                if not parent.startswith(str(self.folder / "inbox")):
                    yield from (Path(parent) / name for name in names)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    tmp_path = tmp_path_factory.mktemp("home")
    for name in ("work", "tmp", "guard", "inbox"):
        (tmp_path / name).mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    party, heading, value, scanned = PLANTED
    contract = [
        "SERVICES AGREEMENT", f"This Agreement is made on 1 March 2025 between {party} Ltd and Brackwater Mills Ltd.",
        f"1. {heading}", "The Agreement is governed by the laws of England and Wales.",
        f"{party} Ltd shall pay {heading} fees within 30 days of each invoice.",
    ]  # fmt: skip
    (tmp_path / "inbox" / "contract.pdf").write_bytes(lines_pdf([contract, [f"Signed by {party} Ltd as Supplier."]]))
    (tmp_path / "inbox" / "form.pdf").write_bytes(form_pdf("Agreement between the parties, governed by law", value))
    (tmp_path / "inbox" / "scan.pdf").write_bytes(scan_pdf([picture(["Discharge summary", f"Patient: {scanned}"])]))
    (tmp_path / "inbox" / "broken.pdf").write_bytes(lines_pdf([[party]])[:300])
    return Home(tmp_path)


def new_work(home: Home) -> dict[str, str]:
    """An empty working folder, and no setting."""
    shutil.rmtree(home.work)
    home.work.mkdir()
    home.seen.clear()
    return {}


def lake(home: Home) -> dict[str, str]:
    """An empty working folder, and the setting of a shared store in it."""
    new_work(home)
    (home.work / "lake").mkdir(mode=0o700)
    return {"MUNIMENT_STORE": "ducklake:sqlite:lake/catalogue.sqlite", "MUNIMENT_STORE_DATA": "lake/rows/"}


def new_key(home: Home) -> dict[str, str]:
    """An empty working folder, and the setting with a new key."""
    new_work(home)
    key = home.folder / "key"
    key.unlink(missing_ok=True)
    key.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    key.chmod(0o600)
    return {"MUNIMENT_KEY_FILE": str(key)}


def modes(home: Home) -> dict[str, int]:
    return {
        path.relative_to(home.work).as_posix(): stat.S_IMODE(path.lstat().st_mode)
        for path in home.work.rglob("*")
        if not path.is_symlink()
    }


def test_no_word_is_looked_for_that_ciphertext_holds_by_chance() -> None:
    assert min(map(len, NEEDLES)) >= SHORTEST_NEEDLE
    for word in PLANTED:
        for before in ("", "a", "bc", "def"):
            content = base64.b64encode(f"{before}{word} Ltd".encode())
            assert any(needle in content for needle in NEEDLES)


@pytest.mark.model
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kept", ["encrypted", "plain", "shared"])
def test_words_of_documents_stay_where_they_belong(home: Home, kept: str) -> None:
    encrypted = kept == "encrypted"
    options = ["--encrypt"] if encrypted else []
    keyed = new_key(home) if encrypted else lake(home) if kept == "shared" else new_work(home)

    done = home.muniment("run", "../inbox", "--parquet", "--no-summaries", *options, **keyed)

    assert done.returncode == 0, done.stderr
    for command in (["status"], ["verify"], ["sql", "SELECT count(*) FROM core.documents"]):
        read = home.muniment(*command, **keyed)
        assert read.returncode == 0, read.stderr
    assert not any(word.lower() in (done.stdout + done.stderr).lower() for word in PLANTED)
    if encrypted:
        assert home.seen == set()
        refused = home.muniment("sql", "SELECT 1")
        assert refused.stderr.strip().startswith("muniment: encryption needs a key: set MUNIMENT_KEY_FILE")
    else:
        own = ("work/muniment.duckdb", "work/muniment.duckdb.wal", "work/published/", "work/lake/")
        assert "work/muniment.duckdb" in home.seen, "the search finds what is there"
        assert any(name.startswith("work/lake/") for name in home.seen) == (kept == "shared")
        assert [name for name in sorted(home.seen) if not name.startswith(own)] == []

    assert {name for name, mode in modes(home).items() if mode & 0o077} == set()
    assert any(name.startswith("published/parquet.") and name.endswith(".parquet") for name in modes(home))

    assert (home.folder / "outbound.local").exists(), "the guard was at work"
    assert not (home.folder / "outbound").exists(), (home.folder / "outbound").read_text()


@pytest.mark.model
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("runner", ["processes", "dask", "ray"])
def test_words_on_their_way_to_workers_are_kept_by_nothing(home: Home, runner: str) -> None:
    needs_engine(runner)
    (home.folder / "outbound").unlink(missing_ok=True)

    done = home.muniment(
        "run",
        "../inbox",
        "--encrypt",
        "--no-summaries",
        **new_key(home),
        MUNIMENT_RUNNER=runner,
        MUNIMENT_SHARD_SIZE="2",
    )

    assert done.returncode == 0, done.stderr
    assert not any(word.lower() in (done.stdout + done.stderr).lower() for word in PLANTED)
    assert home.seen == set()
    with closing(sqlite3.connect(home.folder / "prefect" / "prefect.db")) as prefect:
        at_workers = prefect.execute(
            "SELECT state_type, count(*) FROM task_run WHERE name LIKE 'parse at a worker%' AND flow_run_id ="
            " (SELECT id FROM flow_run ORDER BY created DESC LIMIT 1) GROUP BY 1"
        ).fetchall()
    assert at_workers == [("COMPLETED", 2)]
    assert not (home.folder / "outbound").exists(), (home.folder / "outbound").read_text()


def test_the_planted_words_are_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise their absence from files would prove nothing."""
    from flows.stages.ingest import discover
    from flows.stages.parse import Limits, parse_files

    files = discover([home.folder / "inbox"]).files
    text = " ".join(getattr(document, "text", "") for document in parse_files(files, Limits()))
    assert [word for word in PLANTED if word not in text] == []
