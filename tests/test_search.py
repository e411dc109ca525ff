"""Pages found by their words and by what they mean: ranked as BM25 says, filtered, shown with the words that fit, kept up to date."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from domain_models import domains
from flows.cli import app
from flows.meaning import EMBEDDING_MODEL, PASSAGES, Meaning
from flows.searching import Wanted, bring_up_to_date, look_up
from flows.shown import steps_progress
from flows.stages.audit import read_journal
from flows.stages.index import Indexer, StoredPage, index, words_indexer
from flows.stages.publish import publish
from flows.stages.query import run_query
from flows.stages.search import Ranked, fuse
from flows.stages.snippet import snippet
from flows.stages.store import open_store
from flows.stages.words import asked_stems, words_of
from schemas.errors import BadInput, DatabaseBusy
from tests.stored_texts import parsed, store_texts

LEASE = ["The tenant pays the rent each month.", "Either side may end the lease by notice of ninety days."]
SUPPLY = [
    "Goods are delivered to the dock. Notice, notice, notice.",
    "",
    "The seller keeps insurance against loss at sea.",
]
NOTE = ["The patient has heart failure and takes furosemide."]
DOCUMENTS = {"lease.pdf": ("legal", LEASE), "supply.pdf": ("legal", SUPPLY), "note.pdf": ("medical", NOTE)}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return store_texts(tmp_path / "m.duckdb", DOCUMENTS)


def found(database: Path, words: str, **wanted: object) -> list[tuple[str, int]]:
    asked = Wanted(words, **{"by": "words", **wanted})  # type: ignore[arg-type]
    hits, left_out = look_up(database, asked, domains().values(), steps_progress)
    assert left_out == 0
    return [(hit.document, hit.page) for hit in hits]


@pytest.mark.parametrize(
    ("words", "pages"),
    [
        ("furosemide", [("note.pdf", 1)]),
        ("Renting", [("lease.pdf", 1)]),
        ("ends", [("lease.pdf", 2)]),
        ("notice", [("supply.pdf", 1), ("lease.pdf", 2)]),
        ("notice of ninety days", [("lease.pdf", 2), ("supply.pdf", 1)]),
        ("insured", [("supply.pdf", 3)]),
        ("the", [("lease.pdf", 2), ("supply.pdf", 1), ("lease.pdf", 1), ("supply.pdf", 3), ("note.pdf", 1)]),
        ("helicopter", []),
    ],
)
def test_pages_come_by_their_words(database: Path, words: str, pages: list[tuple[str, int]]) -> None:
    assert sorted(found(database, words)) == sorted(pages)
    if len(pages) == 2:
        assert found(database, words) == pages


def test_the_score_is_that_of_bm25(database: Path) -> None:
    hits, _ = look_up(database, Wanted("notice", "words"), domains().values(), steps_progress)
    lengths = [sum(1 for _ in words_of(page)) for _, pages in DOCUMENTS.values() for page in pages]
    idf = math.log(1 + (len(lengths) - 2 + 0.5) / (2 + 0.5))
    length = sum(1 for _ in words_of(SUPPLY[0]))
    mean = sum(lengths) / len(lengths)
    assert hits[0].score == round(idf * 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * length / mean)), 4)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"domain": "medical"}, []),
        ({"domain": "legal"}, ["lease.pdf", "supply.pdf"]),
        ({"where": "name = 'supply.pdf'"}, ["supply.pdf"]),
        ({"where": "document_name = 'note.pdf' OR sex = 'male'"}, []),
        ({"where": "expiration_date > DATE '2020-01-01'"}, []),
        ({"where": "name LIKE 'l%' -- an own remark"}, ["lease.pdf"]),
        ({"limit": 1}, ["supply.pdf"]),
    ],
)
def test_filters(database: Path, wanted: dict[str, object], names: list[str]) -> None:
    assert sorted({name for name, _ in found(database, "notice", **wanted)}) == names


@pytest.mark.parametrize(
    ("words", "wanted", "message"),
    [
        ("notice", {"where": "no_such_column = 1"}, "no_such_column"),
        ("notice", {"where": "expiration_date IS NULL", "domain": "medical"}, 'column "expiration_date" not found'),
        ("notice", {"where": "name ="}, "Parser Error"),
        ("--", {}, "nothing to search for in '--'"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    database: Path, words: str, wanted: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInput) as caught:
        found(database, words, **wanted)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part", "words", "shown"),
    [
        ("Either side may end the lease.", (0, 30), "end", "Either side may «end» the lease."),
        ("May end\nthe  lease; ends.", (0, 24), "end lease", "May «end» the «lease»; «ends»."),
        ("Nothing of it here.", (0, 19), "zebra", "Nothing of it here."),
        ("One. " * 100 + "The zebra runs.", (0, 515), "zebra", "… " + "One. " * 22 + "The «zebra» runs."),
        ("First part. Second part.", (12, 24), "zebra", "… Second part."),
        ("<b>zebra</b>", (0, 12), "zebra", "b>«zebra»</b>"),
    ],
)
def test_a_snippet_shows_the_words_that_fit(text: str, part: tuple[int, int], words: str, shown: str) -> None:
    assert snippet(text, part, asked_stems(words)) == shown


def test_both_ways_are_fused_by_rank() -> None:
    one = [Ranked("a", 1, 9.0), Ranked("b", 1, 8.0)]
    other = [Ranked("b", 1, 0.7, (3, 9)), Ranked("c", 1, 0.6)]
    fused = fuse([one, other])
    assert [ranked.document_id for ranked in fused] == ["b", "a", "c"]
    assert fused[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert fused[0].passage == (3, 9)


def test_the_index_follows_the_stored_text(database: Path) -> None:
    """What a document no longer says is not found, nor kept; a changed version is indexed anew, and only it."""
    assert found(database, "rent") == [("lease.pdf", 1)]
    with open_store(database) as store:
        store.save_parsed([parsed("lease.pdf", "legal", ["The tenant pays a fee."])], "p2", "run-1")
    with closing(duckdb.connect(str(database))) as connection:
        kept = connection.execute("SELECT DISTINCT word FROM core.page_words WHERE word IN ('rent', 'fee')").fetchall()
        assert kept == []
        connection.execute("DELETE FROM core.documents WHERE name = 'supply.pdf'")
    publish(database)
    assert found(database, "rent") == []
    assert found(database, "fee") == [("lease.pdf", 1)]
    assert found(database, "insurance") == []
    assert run_query(database, "SELECT count(*) FROM core.page_words WHERE word = 'insur'").rows == ((0,),)


def test_a_superseded_document_is_not_found(database: Path) -> None:
    lease, note = (sha256(name.encode()).hexdigest() for name in ("lease.pdf", "note.pdf"))
    assert found(database, "tenant") == [("lease.pdf", 1)]
    with closing(duckdb.connect(str(database))) as connection:
        connection.execute("INSERT INTO core.supersessions VALUES ('/inbox/a', ?, ?, now(), 'run-1')", [lease, note])
    publish(database)
    assert found(database, "tenant") == []
    assert found(database, "furosemide") == [("note.pdf", 1)]


def test_text_that_was_replaced_otherwise_is_indexed_anew(database: Path) -> None:
    assert found(database, "tenant") == [("lease.pdf", 1)]
    with closing(duckdb.connect(str(database))) as connection:
        connection.execute("UPDATE core.documents SET text = replace(text, 'tenant', '######')")
    publish(database)
    assert found(database, "tenant") == []


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_run_under_way_leaves_a_search_what_is_published(database: Path) -> None:
    """Another process holds the database: what is indexed is searched, and how much is not is said."""
    assert found(database, "tenant") == [("lease.pdf", 1)]
    with open_store(database) as store:
        store.save_parsed([parsed("later.pdf", "legal", ["The tenant leaves."])], "p1", "run-1")
    publish(database)
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        hits, left_out = look_up(database, Wanted("tenant", "words"), domains().values(), steps_progress)
        assert ([hit.document for hit in hits], left_out) == (["lease.pdf"], 1)
        with pytest.raises(DatabaseBusy):
            bring_up_to_date(database, ("meaning",), Meaning(), steps_progress)
    assert sorted(found(database, "tenant")) == [("later.pdf", 1), ("lease.pdf", 1)]


def counting(rows: Callable[[list[StoredPage]], object], seen: list[str]) -> Indexer:
    def counted(pages: list[StoredPage]) -> object:
        seen.extend(page.document_id for page in pages)
        if len(seen) > 3:
            raise KeyboardInterrupt
        return rows(pages)

    return Indexer("words", "v9", counted)  # type: ignore[arg-type]


def test_a_stopped_index_goes_on_where_it_was(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.stages.index.BATCH", 1)
    seen: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        index(database, counting(words_indexer().rows, seen), lambda done, total: None)  # type: ignore[arg-type]
    done = run_query(database, "SELECT count(*) FROM core.indexed WHERE version = 'v9'").rows
    publish(database)
    done = run_query(database, "SELECT count(*) FROM core.indexed WHERE version = 'v9'").rows
    assert done == ((2,),)
    assert index(database, Indexer("words", "v9", words_indexer().rows), lambda done, total: None) == 1
    assert index(database, Indexer("words", "v9", words_indexer().rows), lambda done, total: None) == 0


def test_meaning_finds_other_words(database: Path) -> None:
    assert found(database, "cardiac medication of a sick person", by="meaning")[0] == ("note.pdf", 1)
    assert found(database, "how can I get out of the contract", by="both", domain="legal")[0] == ("lease.pdf", 2)
    passages = run_query(
        database,
        "SELECT p.document_id, p.page_number, p.char_start >= g.char_start AND p.char_end <= g.char_end,"
        " round(array_inner_product(embedding, embedding), 3) FROM core.passages AS p"
        " JOIN core.pages AS g USING (document_id, page_number)",
    ).rows
    assert len(passages) == 5
    assert {row[2:] for row in passages} == {(True, 1.0)}
    versions = run_query(database, "SELECT DISTINCT version FROM core.indexed WHERE part = 'meaning'").rows
    assert re.fullmatch(rf"{EMBEDDING_MODEL}-\w+\+{PASSAGES}", str(versions[0][0]))
    assert bring_up_to_date(database, ("meaning",), Meaning(), steps_progress) == 0


def test_the_command_shows_where_to_look(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    asked = ["search", "ninety days", "--database", str(database), "--format", "json"]
    rows = json.loads(CliRunner().invoke(app, asked, catch_exceptions=False).stdout)
    key = sha256(b"lease.pdf").hexdigest()
    assert [(row["document"], row["page"]) for row in rows] == [("lease.pdf", 2)]
    assert rows[0]["evidence"] == f"muniment show {key[:12]} --database {database}"
    assert "«ninety» «days»" in rows[0]["snippet"]
    rows = json.loads(CliRunner().invoke(app, [*asked, "--evidence", str(folder)], catch_exceptions=False).stdout)
    assert rows[0]["evidence"] == f"{folder}/lease.evidence.html#page-2"
    used = [(entry.action, entry.subject) for entry in read_journal(database)]
    assert used == [("search", f"sha256:{sha256(b'ninety days').hexdigest()}")] * 2
    assert 'id="page-2"' in (folder / "lease.evidence.html").read_text(encoding="utf-8")
