"""Fields that a user adds in a file: what is wrong with a file is said, and what is right is asked, ruled and stored."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain_models import domains, get_domain, use_custom_fields
from domain_models.answering.confidence import load_confidence
from domain_models.custom_fields import asked_fields, asked_version
from domain_models.domain import Field
from flows.asked_fields import FieldAsker
from flows.settings import settings
from flows.stages.query import run_query
from flows.stages.verify import verify
from schemas.errors import BadInput
from schemas.finding import Value
from tests.conftest import SAMPLE_DOCS

GOOD = """
[[field]]
name = "payment_days"
title = "Payment"
question = "Within how many days must invoices be paid?"
kind = "duration"
domain = "legal"

[[field]]
name = "helicopters"
title = "Helicopters"
question = "Which helicopter may land on the roof of the zoo?"
kind = "text"
domain = "legal"
"""


@pytest.fixture
def fields_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "fields.toml"
    path.write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("MUNIMENT_FIELDS", str(path))
    settings.cache_clear()
    use_custom_fields(settings().fields)
    yield path
    monkeypatch.undo()
    settings.cache_clear()
    use_custom_fields(None)


BAD = [
    ("no toml [", "is no TOML"),
    ("fields = 1", "has fields; have: one [[field]] table a field"),
    (GOOD.replace("kind =", "type ="), "field 1: unknown key 'type'; have: name, title, question, kind, domain"),
    (GOOD.replace('"duration"', '"durations"'), "unknown kind 'durations'; have: text, date, duration, amount"),
    (GOOD.replace('domain = "legal"', 'domain = "tax"'), "unknown domain 'tax'; have: legal, medical"),
    (GOOD.replace('title = "Payment"', ""), "field 1: 'title' is None; give a text"),
    (GOOD.replace('"Payment"', "7"), "field 1: 'title' is 7; give a text"),
    (
        GOOD.replace('"helicopters"', '"payment_days"'),
        "field 2: there is a field 'payment_days' of domain 'legal' already",
    ),
    (GOOD.replace('"helicopters"', '"governing_law"'), "there is a field 'governing_law' of domain 'legal' already"),
    (GOOD.replace('"helicopters"', '"No Way"'), "'No Way' cannot be a name"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_what_is_wrong_with_a_file_is_said(fields_file: Path, text: str, message: str) -> None:
    fields_file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        domains()
    assert message in str(caught.value)


def test_a_file_that_is_not_there(fields_file: Path) -> None:
    fields_file.unlink()
    with pytest.raises(BadInput, match="no file or folder of fields at"):
        domains()


def test_fields_join_their_domain_and_change_its_version_alone(fields_file: Path) -> None:
    legal, medical = get_domain("legal"), get_domain("medical")
    assert [field.name for field in asked_fields(legal)] == ["payment_days", "helicopters"]
    assert (asked_fields(medical), asked_version(medical)) == ((), "")
    before = legal.rules_version
    fields_file.write_text(GOOD.replace("invoices be", "bills be"), encoding="utf-8")
    assert get_domain("legal").rules_version != before
    assert get_domain("medical").rules_version == medical.rules_version
    folder = fields_file.parent / "folder"
    folder.mkdir()
    shutil.copy(fields_file, folder)
    use_custom_fields(folder)
    assert asked_version(get_domain("legal")) == get_domain("legal").rules_version.rpartition("fields-")[2]
    use_custom_fields(None)
    assert asked_fields(get_domain("legal")) == ()


VALUES = [
    ("duration", "thirty (30) days", Value(number=Decimal(30), unit="day")),
    ("text", "the\n north  gate", Value(text="the north gate")),
    ("clause", "The roof may be used.", Value(text="yes")),
]


@pytest.mark.parametrize(("kind", "quote", "value"), VALUES)
def test_values_are_read_by_kind(fields_file: Path, kind: str, quote: str, value: Value) -> None:
    fields_file.write_text(GOOD.replace('"duration"', f'"{kind}"'), encoding="utf-8")
    legal = get_domain("legal")
    read = legal.normalise(legal.fields_by_name["payment_days"], quote)
    assert read is not None and (read.number, read.unit) == (value.number, value.unit)
    assert value.number is not None or read.text == value.text


def test_a_text_is_all_that_answers_and_no_writer_is_loaded_for_it() -> None:
    text = "The rent is due each month.\nA helicopter may land on the roof of the zoo in the day."
    field = Field("helicopters", "", "text", "Helicopters", "When may a helicopter land on the roof?")
    (found,) = FieldAsker([field], lambda: pytest.fail("no words are to be chosen")).ask(text)
    assert text[found.char_start : found.char_end] == text.splitlines()[1] and found.field == "helicopters"
    assert found.probability >= load_confidence().thresholds.found_at


def test_a_run_asks_rules_and_stores_them(fields_file: Path, prefect_server: None, tmp_path: Path) -> None:
    """Asked once while the file stays, taken out with the setting, and true to every promise each time."""
    from flows.process import process_documents

    database = tmp_path / "m.duckdb"
    contract = str(SAMPLE_DOCS / "legal" / "mutual_nda.pdf")
    process_documents([contract], str(database), summaries=False)
    assert verify(database, domains().values()) == ()
    use_custom_fields(None)
    assert verify(database, domains().values()) == (), "who verifies need not have the file"
    rows = run_query(database, "SELECT field, verdict, quote, best_score FROM legal.custom_fields").rows
    assert {row[0] for row in rows} == {"payment_days", "helicopters"}
    text = str(run_query(database, "SELECT text FROM core.documents").rows[0][0])
    for _, verdict, quote, _ in rows:
        assert (verdict == "found") == (quote is not None) and (quote is None or str(quote) in text)
    sources = run_query(database, "SELECT DISTINCT source FROM core.findings WHERE field = 'payment_days'").rows
    assert sources in ((), (("writer",),))
    by = run_query(database, "SELECT DISTINCT source FROM core.rulings WHERE field IN ('payment_days', 'helicopters')")
    assert by.rows == (("writer",),)
    asked = run_query(
        database, "SELECT count(*) FROM core.proposals WHERE field IN ('payment_days', 'helicopters')"
    ).rows
    assert asked == ((2,),)
    assert process_documents([contract], str(database), summaries=False).nothing_new
    settings.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MUNIMENT_FIELDS")
        process_documents([contract], str(database), summaries=False)
        assert verify(database, domains().values()) == ()
        left = run_query(database, "SELECT count(*) FROM core.rulings WHERE field = 'helicopters'").rows
    assert left == ((0,),)
