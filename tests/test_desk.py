"""A shard's work: what is read with what the user gave, and what is stored of it."""

from pathlib import Path

import pytest
from made_pdfs import encrypted, lines_pdf
from stored_sample import START

from flows.desk import Desk
from flows.models import ModelChoice, Models
from flows.stages.ingest import discover
from flows.stages.reading.passwords import Passwords
from flows.stages.store import open_store
from flows.worker import LocalWorker
from schemas.geometry import rectangles


@pytest.mark.parametrize(
    ("entries", "states"),
    [
        ((("locked*", "two words"),), {"locked.pdf": "parsed", "open.pdf": "parsed"}),
        ((("other*", "two words"),), {"open.pdf": "parsed"}),
    ],
)
def test_passwords_open_what_they_name_and_geometry_is_stored(
    tmp_path: Path, entries: tuple[tuple[str, str], ...], states: dict[str, str]
) -> None:
    made = lines_pdf([["The rent is due on the first of each month."]])
    (tmp_path / "locked.pdf").write_bytes(encrypted(made, "two words"))
    (tmp_path / "open.pdf").write_bytes(made)
    files = discover([tmp_path]).files
    with open_store(tmp_path / "muniment.duckdb") as store:
        store.start_run("run-1", START, {})
        models = Models(ModelChoice(summaries=False))
        desk = Desk("run-1", store, models.versions, LocalWorker(models, "legal", Passwords(entries)))
        outcome = desk.parse(files)
        assert (len(outcome.ids), outcome.failed) == (len(states), 2 - len(states))
        stored = store.load_documents(outcome.ids)
        assert {one.document.name: store.fingerprints()[one.document.id].state for one in stored} == states
        assert [failure.reason for failure in store.open_failures()] == ["encrypted"] * outcome.failed
        for document in (one.document for one in stored):
            (found,) = rectangles(document.pages, store.load_maps(document.id), 4, 8)
            assert 72 < found.left < found.right < 120 and 60 < found.top < found.bottom < 80
