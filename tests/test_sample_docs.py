"""The sample documents: rendered anew they are the committed files, and what we expect of them is in their text."""

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pycountry
import pypdf
import pypdfium2
import pytest

from domain_models.domain import load_fields

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_docs"
EXPECTED = {path.name.split(".")[0]: path for path in sorted(SAMPLES.glob("*/*.expected.json"))}
SCAN, ENCRYPTED, DAMAGED = "referral_letter_scan", "employment_agreement", "distribution_agreement_damaged"
READABLE = sorted(set(EXPECTED) - {SCAN, DAMAGED})
CORE_FIELDS = {"document_name", "parties", "agreement_date", "effective_date", "expiration_date", "renewal_term"}
ENGLAND_AND_WALES = ("GB-EAW", "England and Wales")  # in ISO 3166-2, but not in pycountry
ROW_REACH = 160  # characters in which a row of a table, or a drug and its dose in a sentence, stand together


def expected(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(EXPECTED[name].read_text(encoding="utf-8"))
    return content


def views(domain: str) -> list[tuple[str, dict[str, Any]]]:
    contents = [(name, expected(name)) for name in EXPECTED]
    return [(name, content["views"]) for name, content in contents if content["domain"] == domain and content["views"]]


def committed(name: str) -> Path:
    return EXPECTED[name].with_name(f"{name}.pdf")


def collapsed(text: str) -> str:
    return " ".join(text.split())


def page_texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return [collapsed(page.get_textpage().get_text_bounded()) for page in document]


def text_of(name: str) -> str:
    return " ".join(page_texts(committed(name)))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered")
    subprocess.run([sys.executable, SAMPLES / "render.py", "--output", folder], check=True, capture_output=True)
    return folder


def test_each_source_has_a_pdf_and_an_expectation_and_nothing_else_does() -> None:
    sources = {(path.parent.name, path.stem) for path in SAMPLES.glob("sources/*/*.txt")}
    assert {(path.parent.name, path.stem) for path in SAMPLES.glob("*/*.pdf")} == sources
    assert {(path.parent.name, name) for name, path in EXPECTED.items()} == sources
    assert {(expected(name)["domain"], name) for name in EXPECTED} == sources


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {SCAN, ENCRYPTED}))
def test_rendering_again_gives_the_committed_bytes(name: str, rendered: Path) -> None:
    assert (rendered / committed(name).relative_to(SAMPLES)).read_bytes() == committed(name).read_bytes()


def test_rendering_the_encrypted_one_again_gives_the_committed_text(rendered: Path) -> None:
    again = rendered / committed(ENCRYPTED).relative_to(SAMPLES)
    assert again.read_bytes() != committed(ENCRYPTED).read_bytes()  # keys are random
    assert page_texts(again) == page_texts(committed(ENCRYPTED))


def test_rendering_the_scan_again_gives_the_committed_pictures(rendered: Path) -> None:
    pairs = zip(pictures(rendered / committed(SCAN).relative_to(SAMPLES)), pictures(committed(SCAN)), strict=True)
    for again, stored in pairs:  # another JPEG encoder may differ by a shade
        assert len(again) == len(stored)
        assert sum(abs(a - b) for a, b in zip(again, stored, strict=True)) / len(stored) < 2


def pictures(path: Path) -> list[bytes]:
    with pypdfium2.PdfDocument(path) as document:
        return [bytes(page.render(scale=0.5, grayscale=True).to_pil().tobytes()) for page in document]


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {DAMAGED}))
def test_files_are_small_and_have_the_expected_pages(name: str) -> None:
    assert committed(name).stat().st_size < 400_000
    assert len(page_texts(committed(name))) == expected(name)["pages"]
    assert (expected(name)["state"], expected(name)["reason"]) == ("processed", None)


def test_the_scan_has_no_text_layer() -> None:
    assert page_texts(committed(SCAN)) == ["", ""]
    assert [len(page.images) for page in pypdf.PdfReader(committed(SCAN)).pages] == [1, 1]


def test_the_encrypted_one_opens_with_an_empty_password() -> None:
    reader = pypdf.PdfReader(committed(ENCRYPTED))
    assert reader.is_encrypted
    assert reader.decrypt("") == pypdf.PasswordType.USER_PASSWORD
    assert "EMPLOYMENT AGREEMENT" in page_texts(committed(ENCRYPTED))[0]


def test_no_reader_opens_the_damaged_one() -> None:
    assert (expected(DAMAGED)["state"], expected(DAMAGED)["reason"]) == ("failed", "corrupt")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(committed(DAMAGED))
    with pytest.raises(pypdf.errors.PyPdfError):
        len(pypdf.PdfReader(committed(DAMAGED)).pages)


def phrases(view: dict[str, Any]) -> Iterator[str]:
    """Every expected text that must stand in the document word for word."""
    contract, patient = view.get("contract", {}), view.get("patient", {})
    yield from (*contract.get("parties", ()), *contract.get("evidence", {}).values())
    yield from (contract[key] for key in ("document_name", "governing_law") if key in contract)
    yield from (patient[key] for key in ("name", "mrn", "sex") if key in patient)
    yield from patient.get("evidence", {}).values()
    yield from (clause["phrase"] for clause in view.get("clauses", ()))
    for listed in ("problems", "problems_denied", "procedures"):
        yield from view.get(listed, ())


@pytest.mark.parametrize("name", READABLE)
def test_every_expected_phrase_stands_in_the_text(name: str) -> None:
    text = text_of(name)
    assert [phrase for phrase in phrases(expected(name)["views"]) if phrase not in text] == []


@pytest.mark.parametrize("name", [name for name, _ in views("medical") if name != SCAN])
def test_the_values_of_a_row_stand_together_in_the_text(name: str) -> None:
    text, view = text_of(name), expected(name)["views"]
    for row in (*view["medications"], *view["tests"]):
        head, *others = [value for value in row.values() if value is not None]
        places = (place for place in range(len(text)) if text.startswith(head, place))
        around = (text[max(0, place - 40) : place + len(head) + ROW_REACH] for place in places)
        assert any(all(other in near for other in others) for near in around), row


@pytest.mark.parametrize(("name", "view"), views("legal"))
def test_legal_fields_are_ours_and_none_is_both_present_and_absent(name: str, view: dict[str, Any]) -> None:
    known = {field.name for field in load_fields(ROOT / "domain_models" / "legal" / "fields.toml")}
    present = {clause["field"] for clause in view["clauses"]}
    assert (present | set(view["absent"])) <= known - CORE_FIELDS
    assert present.isdisjoint(view["absent"])
    assert len(present) >= 3 and len(view["absent"]) >= 8


@pytest.mark.parametrize(("name", "view"), [*views("legal"), *views("medical")])
def test_dates_agree_with_the_words_that_state_them(name: str, view: dict[str, Any]) -> None:
    dated = view.get("contract") or view["patient"]
    keys = [key for key in dated if key.endswith("_date") or key == "date_of_birth"]
    assert keys
    for key in keys:
        day, words = datetime.date.fromisoformat(dated[key]), dated["evidence"][key]
        assert str(day.year) in words and str(day.day) in words
        assert any(month in words for month in (day.strftime("%b"), f"{day.month:02}/", f"-{day.month:02}-"))


@pytest.mark.parametrize(("name", "view"), views("legal"))
def test_the_code_of_the_governing_law_is_that_place(name: str, view: dict[str, Any]) -> None:
    code, place = view["contract"]["governing_law_code"], view["contract"]["governing_law"]
    entry = pycountry.subdivisions.get(code=code) or pycountry.countries.get(alpha_2=code)
    assert (code, place) == ((code, entry.name) if entry else ENGLAND_AND_WALES)
