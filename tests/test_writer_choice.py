"""A writer of one's own choice: refused in one line where there is none, and its rows alone made anew where it is another."""

import json
from pathlib import Path

import pytest

from domain_models import domains, use_custom_fields
from domain_models.runtime.weights import fingerprint, writer_name
from flows.settings import settings
from flows.stages.query import run_query
from flows.stages.verify import verify
from schemas.errors import ModelUnavailable
from tests.conftest import SAMPLE_DOCS
from tests.test_generator import save_model

CHOICES = "have: writer, the path of a folder with config.json, or hub:ORG/NAME@REVISION"
UNKNOWN = [
    ("huge", "unknown writer 'huge': it is not a folder; "),
    ("small", "unknown writer 'small': it is not a folder; "),
    ("hub:org/name", "unknown writer 'hub:org/name': it is not a folder; "),
    (".", "unknown writer '.': it has no config.json; "),
]


@pytest.mark.parametrize(("name", "message"), UNKNOWN)
def test_an_unknown_writer_lists_the_choices(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnavailable) as caught:
        writer_name(name)
    assert str(caught.value) == message + CHOICES


def test_a_relative_folder_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [writer_name(name) for name in ("writer", "tiny", "hub:org/name@v1")] == [
        "writer",
        str(tmp_path / "tiny"),
        "hub:org/name@v1",
    ]


def save_huge(folder: Path) -> Path:
    """A model that says it has weights of more than a terabyte."""
    config = save_model(folder) / "config.json"
    shape = json.loads(config.read_text(encoding="utf-8"))
    shape |= {"hidden_size": 16384, "intermediate_size": 65536, "num_hidden_layers": 100}
    config.write_text(json.dumps(shape), encoding="utf-8")
    return folder


FIELDS = """
[[field]]
name = "payment_days"
title = "Payment"
question = "Within how many days must invoices be paid?"
kind = "duration"
domain = "legal"
"""


def test_another_writer_makes_summaries_and_answers_anew_and_nothing_else(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tiny models that know twelve words: what they write is refused, and the document's own sentences stand there."""
    from flows.process import process_documents

    monkeypatch.chdir(tmp_path)
    folders = [save_model(tmp_path / f"tiny-{seed}", seed=seed) for seed in (7, 8)]
    database = tmp_path / "m.duckdb"
    inbox = [str(SAMPLE_DOCS / "legal" / "mutual_nda.pdf"), str(SAMPLE_DOCS / "medical" / "lab_report.pdf")]

    def run(writer: str) -> tuple[int, int, int, int]:
        effort = process_documents(inbox, str(database), writer=writer).effort
        assert verify(database, domains().values()) == ()
        return effort.read, effort.tagged, effort.ruled, effort.summarised

    with pytest.raises(ModelUnavailable, match=r"the writer .*huge does not fit: it needs"):
        run(str(save_huge(tmp_path / "huge")))
    assert run("tiny-7") == (0, 0, 0, 2), "what the writer was not needed for stayed"
    assert run(str(folders[0])) == (0, 0, 0, 0), "the same model by another path"
    assert run("tiny-8") == (0, 0, 0, 2)
    writers = run_query(database, "SELECT DISTINCT split_part(writer, '+', 1) FROM core.summaries").rows
    assert writers == ((fingerprint(folders[1]),),)
    refused = run_query(database, "SELECT min(summary_refused) > 0 FROM core.documents").rows
    origins = run_query(database, "SELECT DISTINCT origin FROM core.summaries ORDER BY origin").rows
    assert (refused, origins) == (((True,),), (("composed",), ("extracted",)))

    (tmp_path / "fields.toml").write_text(FIELDS, encoding="utf-8")
    monkeypatch.setenv("MUNIMENT_FIELDS", str(tmp_path / "fields.toml"))
    settings.cache_clear()
    try:
        assert run("tiny-8") == (0, 1, 1, 0)
        assert run("tiny-7") == (0, 1, 1, 2), "the contract alone has a field that the writer is asked about"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        use_custom_fields(None)
