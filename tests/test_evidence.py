"""The page that shows a document's evidence: complete, in its place, and closed to whatever the document holds."""

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_pdfs import encrypted, lines_pdf, picture
from PIL import Image
from stored_evidence import CONTRACT, MARKED, store
from stored_sample import PAGES, filled_store, parsed
from typer.testing import CliRunner

from domain_models.legal import DOMAIN
from flows.cli import app
from flows.evidence_page import evidence_page
from flows.stages.evidence import Evidence, gather_evidence, value_words
from flows.stages.page_pictures import draw_pages
from flows.stages.painter import painter
from flows.stages.parse import Limits
from flows.stages.query import run_query
from flows.stages.reading.passwords import Passwords
from flows.stages.store import open_store
from schemas.errors import BadInput


class Seen(HTMLParser):
    """The page's elements with their attributes, and the text of its style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.blocks: dict[str, str] = {}
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"style", "script"}:
            self.blocks[self._inside] = self.blocks.get(self._inside, "") + data
        else:
            self.text += data

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    def tags(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def shown(evidence: Evidence) -> Seen:
    return Seen(evidence_page(evidence, draw_pages(evidence.path, evidence.document_id, range(len(evidence.pages)))))


def evidence_id(database: Path) -> str:
    return str(run_query(database, "SELECT document_id FROM core.documents").rows[0][0])


def finding_ids(evidence: Evidence) -> list[str]:
    return sorted(one.finding.id for field in evidence.fields for one in field.findings)


def test_every_finding_is_listed_once_and_stands_on_its_page(tmp_path: Path) -> None:
    evidence = gather_evidence(store(tmp_path), "contract.pdf")
    page = shown(evidence)
    ids = finding_ids(evidence)
    assert len(ids) == 5 and sorted(page.all("data-finding")) == ids
    assert set(page.all("data-keys")) == set(ids)
    assert [img["loading"] for img in page.tags("img")] == ["lazy"] * 2
    assert all(img["src"].startswith("data:image/") for img in page.tags("img"))
    assert [one["id"] for one in page.tags("section") if one.get("class") == "page"] == ["page-1", "page-2"]
    for rect in page.tags("rect"):
        left, top, width, height = (float(rect[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= left <= left + width <= 100 and 0 <= top <= top + height <= 100
        assert 0 < width < 100 and 0 < height < 3


def test_a_highlight_lies_on_ink(tmp_path: Path) -> None:
    """And what is left, right and below of the words is white."""
    evidence = gather_evidence(store(tmp_path), "contract.pdf")
    (mark,) = [mark for mark in evidence.pages[0].marks if ":governing_law:" in mark.place.key]
    drawn = draw_pages(evidence.path, evidence.document_id, range(2)).pages[0]
    assert drawn is not None
    page = Image.open(io.BytesIO(drawn.content)).convert("L")
    left, right = (round(side * page.width / 100) for side in (mark.left, mark.left + mark.width))
    top, bottom = (round(side * page.height / 100) for side in (mark.top, mark.top + mark.height))
    assert page.crop((left, top, right, bottom)).getextrema()[0] < 80
    around = [(0, top, left - 2, bottom), (right + 2, top, page.width, bottom), (left, bottom + 2, right, page.height)]
    assert [page.crop(box).getextrema()[0] for box in around] == [255, 255, 255]


@pytest.mark.parametrize("file", ["there", "gone"])
def test_nothing_of_a_document_is_markup(tmp_path: Path, file: str) -> None:
    database = store(tmp_path, "<script>alert(3)<img src=x onerror=alert(4)>.pdf")
    evidence = gather_evidence(database, evidence_id(database))
    if file == "gone":
        evidence.path.unlink()
    page = shown(evidence)
    assert [attributes for tag, attributes in page.elements if tag in {"script", "style"}] == [{}, {}]
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert page.all("style") == page.all("href") == []
    assert {one.get("class") for one in page.tags("b")} == {"value"}
    assert MARKED["parties"][1] in page.text and evidence.name in page.text
    assert {source[:11] for source in page.all("src")} == ({"data:image/"} if file == "there" else set())


def test_the_policy_allows_our_own_style_and_script_alone(tmp_path: Path) -> None:
    page = shown(gather_evidence(store(tmp_path), "contract.pdf"))
    (policy,) = [one["content"] for one in page.tags("meta") if "http-equiv" in one]
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.blocks[kind].encode()).digest()).decode()
        assert f"; {kind}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; img-src data:;") and "unsafe" not in policy


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        (lambda path: path.unlink(), "The file is no longer at {path}."),
        (lambda path: path.write_bytes(b"%PDF-1.4 other"), "The file at {path} has changed since it was read."),
    ],
)
def test_without_its_file_a_document_is_shown_as_text(tmp_path: Path, change: object, notice: str) -> None:
    evidence = gather_evidence(store(tmp_path), "contract.pdf")
    change(evidence.path)  # type: ignore[operator]
    page = shown(evidence)
    assert notice.format(path=evidence.path) in page.text
    assert page.tags("img") == [] and len(page.tags("mark")) == 5
    assert {key for keys in page.all("data-keys") for key in keys.split()} == set(finding_ids(evidence))


@pytest.mark.parametrize(
    ("password", "pictures", "missing"), [("", 2, ""), ("secret", 0, "The file at {path} needs a password.")]
)
def test_an_encrypted_file_opens_by_an_empty_password_alone(
    tmp_path: Path, password: str, pictures: int, missing: str
) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(encrypted(lines_pdf(CONTRACT), password))
    drawn = draw_pages(path, hashlib.sha256(path.read_bytes()).hexdigest(), range(2))
    assert sum(one is not None for one in drawn.pages) == pictures
    assert drawn.missing == missing.format(path=path)


def test_a_password_opens_an_encrypted_file_and_a_page_past_its_time_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(encrypted(lines_pdf(CONTRACT), "secret"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with painter(Limits(workers=1), Passwords((("*.pdf", "secret"),))) as drawing:
        drawn = drawing.draw(path, digest, range(2))
        assert drawn.missing == "" and None not in drawn.pages
    with painter(Limits(seconds=0.001, workers=1)) as drawing:
        assert drawing.draw(path, digest, range(2)).pages == (None, None)


def test_scans_and_members_of_archives_are_drawn(tmp_path: Path) -> None:
    picture(["Net 30 days"]).save(tmp_path / "scan.png")
    with zipfile.ZipFile(tmp_path / "deeds.zip", "w") as archive:
        archive.writestr("lease.pdf", lines_pdf(CONTRACT))
    for path, content, pages in (
        (tmp_path / "scan.png", (tmp_path / "scan.png").read_bytes(), 1),
        (tmp_path / "deeds.zip" / "lease.pdf", lines_pdf(CONTRACT), 2),
    ):
        if pages == 2:
            content = zipfile.ZipFile(tmp_path / "deeds.zip").read("lease.pdf")
        drawn = draw_pages(path, hashlib.sha256(content).hexdigest(), range(pages))
        assert drawn.missing == "" and None not in drawn.pages
    assert draw_pages(tmp_path / "deeds.zip" / "gone.pdf", "", range(2)).missing.startswith("The file is no longer at")


def test_what_a_person_should_look_at_is_marked(tmp_path: Path) -> None:
    evidence = gather_evidence(store(tmp_path), "contract.pdf")
    page = shown(evidence)
    sure = [one["data-finding"] for one in page.tags("li") if one.get("data-review") == "no"]
    assert [key.split(":")[1] for key in sure] == ["agreement_date"]
    assert [one["data-field"] for one in page.tags("section") if one.get("data-review") == "yes"] == ["expiration_date"]


def test_the_adapters_calibration_decides_where_there_is_one(tmp_path: Path) -> None:
    with open_store(tmp_path / "empty.duckdb", [DOMAIN]):
        pass
    view = "SELECT tagger, accept_at FROM legal.auto_accept WHERE adapter = 'small' AND field = 'governing_law'"
    ((tagger, accept_at),) = run_query(tmp_path / "empty.duckdb", view).rows
    evidence = gather_evidence(store(tmp_path, tagger=str(tagger)), "contract.pdf")
    (law,) = [field for field in evidence.fields if field.name == "governing_law"]
    assert [one.needs_review for one in law.findings] == [float(str(accept_at)) > 0.85]


def test_a_domains_conflicts_lead_to_their_words(tmp_path: Path) -> None:
    evidence = gather_evidence(store(tmp_path), "contract.pdf")
    (conflict,) = evidence.conflicts
    assert dict(conflict.told)["field"] == "agreement_date"
    assert sorted(dict(conflict.told)["stated"].split(" / ")) == ["2015-05-04", "2015-05-09"]
    assert [one.quote for one in conflict.findings] == MARKED["agreement_date"]
    assert [one.id for one in conflict.findings] == shown(evidence).all("data-select")


def test_a_summary_leads_to_what_it_cites_and_odd_letters_keep_their_places(tmp_path: Path) -> None:
    with filled_store(tmp_path / "m.duckdb"):
        pass
    evidence = gather_evidence(tmp_path / "m.duckdb", "menu.pdf")
    page = shown(evidence)
    cited = ["summary:0:0", "summary:0:1", "summary:1:0"]
    assert page.all("data-select") == cited
    assert set(cited) < {key for keys in page.all("data-keys") for key in keys.split()}
    assert ["".join(piece.text for piece in one.pieces) for one in evidence.pages] == PAGES
    assert "\x00" not in page.text and PAGES[2].replace("\x00", "\N{REPLACEMENT CHARACTER}") in page.text
    words = [value_words(one.finding.value) for field in evidence.fields for one in field.findings]
    assert words == ["cr\u00e8me br\u00fbl\u00e9e", "4.5 EUR", "2026-03-01 \N{MIDDLE DOT} ISO 3166 FR"]


def test_a_document_goes_by_id_beginning_or_name(tmp_path: Path) -> None:
    with filled_store(tmp_path / "m.duckdb"):
        pass
    document = parsed().document
    for named in (document.id, document.id[:8], document.id[:8].upper(), "menu.pdf", "/inbox/menu.pdf"):
        assert gather_evidence(tmp_path / "m.duckdb", named).document_id == document.id


def test_a_document_not_yet_searched_is_shown_with_its_state(tmp_path: Path) -> None:
    with filled_store(tmp_path / "m.duckdb"):
        pass
    evidence = gather_evidence(tmp_path / "m.duckdb", "later.pdf")
    page = shown(evidence)
    assert evidence.fields == () and "3 pages, parsed." in page.text and page.all("data-keys") == []


def test_the_command_writes_a_file_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = store(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["show", "contract.pdf", "--database", str(database)])
    assert (done.exit_code, done.output.strip()) == (0, "contract.evidence.html: 2 pages")
    made = tmp_path / "contract.evidence.html"
    assert made.stat().st_mode & 0o777 == 0o600 and len(Seen(made.read_text(encoding="utf-8")).tags("img")) == 2


def test_what_names_no_document_or_several_is_a_clear_error(tmp_path: Path) -> None:
    with filled_store(tmp_path / "m.duckdb") as made:
        one = parsed("other.pdf")
        twin = replace(one, document=replace(one.document, name="menu.pdf"))
        made.save_parsed([twin], "p1", "run-1")
    known = ", ".join(f"{parsed(n).document.id[:12]} ('{s}')" for s, n in _by_name())
    with pytest.raises(BadInput, match=re.escape(f"no document 'lease.pdf'; have: {known}")):
        gather_evidence(tmp_path / "m.duckdb", "lease.pdf")
    with pytest.raises(BadInput, match=re.escape(f"no document ''; have: {known}")):
        gather_evidence(tmp_path / "m.duckdb", "")
    with pytest.raises(BadInput, match=r"'menu.pdf' names 2 documents; give more of an id: .*other\.pdf"):
        gather_evidence(tmp_path / "m.duckdb", "menu.pdf")


def _by_name() -> list[tuple[str, str]]:
    """The stored names and the seeds of their ids, in the order of names, then ids."""
    named = [("later.pdf", "later.pdf"), ("menu.pdf", "menu.pdf"), ("menu.pdf", "other.pdf")]
    return sorted(named, key=lambda pair: (pair[0], parsed(pair[1]).document.id))
