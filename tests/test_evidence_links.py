"""A run leaves evidence pages and links where the settings say so, and shows Prefect no more than they allow."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from flows.evidence_links import highlighted
from flows.settings import settings
from flows.stages.evidence import Mark, Place
from flows.stages.page_pictures import Picture
from flows.stages.query import run_query
from tests.conftest import SAMPLE_DOCS

NDA = SAMPLE_DOCS / "legal" / "mutual_nda.pdf"


def run_with(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> tuple[Path, str]:
    """The database of a run over one contract with these settings, and what its evidence artifact says."""
    from flows.process import process_documents

    for name, value in {"evidence": str(folder / "pages"), **more}.items():
        monkeypatch.setenv(f"MUNIMENT_{name.upper()}", value)
    settings.cache_clear()
    try:
        process_documents([str(NDA)], str(folder / "d.duckdb"), summaries=False)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    return folder / "d.duckdb", latest_artifact("evidence")


def latest_artifact(key: str) -> str:
    """What Prefect holds under the key (`Artifact.get` leaves its connection open)."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        (left,) = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.UPDATED_DESC, limit=1)
    return str(left.data)


def test_a_run_links_to_the_evidence_of_its_documents_by_id(
    prefect_server: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database, said = run_with(monkeypatch, tmp_path, evidence_url="https://evidence.test/")
    ((key,),) = run_query(database, "SELECT document_id FROM core.documents").rows
    name = f"{str(key)[:12]}.evidence.html"
    assert f"[{str(key)[:12]}](https://evidence.test/{name})" in said
    assert [path.name for path in (tmp_path / "pages").iterdir()] == [name]
    assert (tmp_path / "pages" / name).stat().st_mode & 0o077 == 0
    quotes = [
        str(row[0]) for row in run_query(database, "SELECT quote FROM core.findings WHERE length(quote) > 12").rows
    ]
    assert quotes
    assert [words for words in (*quotes, NDA.stem) if words in said] == []
    assert "data:image" not in said


def test_pictures_go_to_prefect_where_that_is_allowed(
    prefect_server: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, said = run_with(monkeypatch, tmp_path, prefect_pictures="1")
    found = re.search(r"data:image/png;base64,([^)]+)\)", said)
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
        colours = {pixel for _, pixel in picture.convert("RGB").getcolors(1 << 20) or ()}
    assert any(blue < red - 60 for red, _, blue in colours), "nothing on it is highlighted"


def test_a_highlight_colours_its_part_of_the_page_and_leaves_the_words_dark() -> None:
    page = Image.new("L", (200, 100), 255)
    page.paste(0, (60, 40, 70, 50))
    made = io.BytesIO()
    page.save(made, "PNG")
    mark = Mark(Place("f", 0, 1, 0), 25.0, 25.0, 50.0, 50.0)
    with Image.open(io.BytesIO(highlighted(Picture(made.getvalue(), "image/png", 200, 100), [mark]))) as shown:
        seen = shown.convert("RGB")
    corner, inside, word = (seen.getpixel(at) for at in ((5, 5), (120, 60), (65, 45)))
    assert corner == (255, 255, 255)
    assert isinstance(inside, tuple)
    assert inside[2] < 120 < inside[0]
    assert word == (0, 0, 0)
