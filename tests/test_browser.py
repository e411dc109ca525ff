"""The evidence page and the review as a person has them: in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stored_evidence import MARKED, OPEN, store
from typer.testing import CliRunner

from flows.cli import app
from flows.stages.query import run_query
from tests.browsing import box_of, chromium, overlap, review_server

LAW = "[data-finding*=':governing_law:']"
DATES = "[data-finding*=':agreement_date:']"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("browser")) as context:
        yield context


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    opened.close()
    assert faults == []


@pytest.fixture
def shown(tmp_path: Path, page: Any) -> Any:
    """The page of `muniment show`, open."""
    target = tmp_path / "shown.html"
    done = CliRunner().invoke(
        app, ["show", "contract.pdf", "--database", str(store(tmp_path)), "--output", str(target)]
    )
    assert done.exit_code == 0
    page.goto(target.as_uri())
    return page


def in_view(page: Any, mark: Any) -> bool:
    """Whether the whole of an element lies within what is seen of the pages."""
    return overlap(box_of(mark), box_of(page.locator("#pages"))) >= 0.99 * overlap(box_of(mark), box_of(mark))


def test_a_click_on_a_value_brings_its_words_into_view(shown: Any) -> None:
    """The second page's date: its highlight lies where the page has those words, in pixels of the picture."""
    item = shown.locator(DATES).nth(1)
    mark = shown.locator(f"rect[data-keys='{item.get_attribute('data-finding')}']")
    assert not in_view(shown, mark)
    item.locator("button").click()
    shown.wait_for_function("document.querySelector('rect.on') !== null")
    shown.wait_for_timeout(200)
    assert in_view(shown, mark)
    # 72 points from the left edge of 612, "Signed on " in Helvetica 12 before it, its base 72 points from the top
    picture = box_of(shown.locator("#page-2 img"))
    scale = (picture[2] - picture[0]) / 612
    words = (picture[0] + 127 * scale, picture[1] + 62 * scale, picture[0] + 195 * scale, picture[1] + 75 * scale)
    assert overlap(box_of(mark), words) > 0.8 * overlap(words, words)
    assert item.locator("button").get_attribute("aria-current") == "true"


def test_a_page_chosen_just_after_a_finding_stays_in_view(shown: Any) -> None:
    """Both within one frame, as on a slow machine: the finding's second step must not scroll back to the first page."""
    shown.evaluate(
        """([finding, page]) => {
            document.querySelector(finding).querySelector("button").click();
            const list = document.getElementById("page");
            list.value = page;
            list.dispatchEvent(new Event("change"));
        }""",
        [DATES, "page-2"],
    )
    shown.wait_for_timeout(300)
    assert box_of(shown.locator("#page-2"))[1] <= box_of(shown.locator("#pages"))[1] + 40


def test_a_highlight_is_a_button_that_leads_back(shown: Any) -> None:
    mark = shown.locator("rect[aria-label='Governing Law, 1 of 1']")
    mark.focus()
    shown.keyboard.press("Enter")
    assert shown.locator(f"{LAW} > button").get_attribute("aria-current") == "true"


def test_keys_and_filters_walk_the_findings(shown: Any) -> None:
    for _ in range(3):
        shown.keyboard.press("n")
    shown.keyboard.press("p")
    current = shown.locator("[aria-current='true']")
    assert current.count() == 1
    shown.locator("#field").select_option("governing_law")
    assert shown.locator("[data-finding]:visible").count() == 1
    assert shown.locator("#count").inner_text() == "1 of 5 findings"


def test_no_script_of_a_document_runs_and_nothing_is_fetched(tmp_path: Path, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    database = store(tmp_path, "<script>alert(3)<img src=x onerror=alert(4)>.pdf")
    key = str(run_query(database, "SELECT document_id FROM core.documents").rows[0][0])
    target = tmp_path / "shown.html"
    assert CliRunner().invoke(app, ["show", key, "--database", str(database), "--output", str(target)]).exit_code == 0
    page.goto(target.as_uri())
    page.wait_for_timeout(300)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("h1").inner_text() == "<script>alert(3)<img src=x onerror=alert(4)>.pdf"


def test_a_finding_is_reviewed_end_to_end(tmp_path: Path, page: Any) -> None:
    """Accept by key, correct by two clicks on words, reject, mark a missed one by a drag; then ask the database."""
    database = store(tmp_path)
    with review_server(database, "--reviewer", "Ann Lee") as address:
        page.goto(address)
        page.locator("tbody a").click()
        page.locator(f"{LAW} > button").click()
        page.keyboard.press("a")
        page.locator(f"{LAW}[data-decided='yes']").wait_for()

        page.locator(f"{DATES} >> nth=0").locator("[data-decide='correct']").click()
        page.locator("#page").select_option("page-2")
        page.locator("#page-2 .word").nth(2).click()
        page.locator("#page-2 .word").nth(5).click()
        assert page.locator("#marking-words").inner_text() == "May 9, 2015"
        page.keyboard.press("Enter")
        page.locator("#reviews ~ ol li").nth(1).wait_for()

        page.locator("[data-finding*=':parties:'] [data-decide='reject']").first.click()
        page.locator("#reviews ~ ol li").nth(2).wait_for()

        page.locator(f".field[data-field='{OPEN}'] [data-decide='add']").click()
        page.locator("#page-2 .word").nth(5).wait_for(state="attached")
        drag(page, page.locator("#page-2 .word").nth(2), page.locator("#page-2 .word").nth(5))
        page.locator("#marking-save").click()
        page.locator("#reviews ~ ol li").nth(3).wait_for()
    told = run_query(
        database, "SELECT field, decision, reviewer, coalesce(chosen.quote, '') FROM core.reviews ORDER BY reviewed_at"
    ).rows
    assert told == (
        ("governing_law", "accept", "Ann Lee", MARKED["governing_law"][0]),
        ("agreement_date", "correct", "Ann Lee", "May 9, 2015"),
        ("parties", "reject", "Ann Lee", ""),
        (OPEN, "add", "Ann Lee", "May 9, 2015"),
    )
    view = (
        "SELECT CAST(agreement_date AS VARCHAR), CAST(expiration_date AS VARCHAR), governing_law FROM legal.contracts"
    )
    assert run_query(database, view).rows == (("2015-05-09", "2015-05-09", "Delaware"),)


def test_the_rest_of_a_document_is_settled_at_once(tmp_path: Path, page: Any) -> None:
    database = store(tmp_path)
    page.on("dialog", lambda dialog: dialog.accept())
    with review_server(database) as address:
        page.goto(address)
        page.locator("tbody a").click()
        page.locator(f".field[data-field='{OPEN}'] [data-decide='absent']").click()
        page.locator("#reviews ~ ol li").first.wait_for()
        page.locator("[data-decide='rest']").click()
        page.locator(f"{LAW}[data-decided='yes']").wait_for(timeout=240_000)  # 42 decisions, each a transaction
        page.goto(address)
        assert page.locator("tbody tr td").nth(2).inner_text() == "0"
    counts = "SELECT decision, count(*) FROM core.reviews GROUP BY ALL ORDER BY ALL"
    assert run_query(database, counts).rows == (("absent", 38), ("accept", 5))


def drag(page: Any, first: Any, last: Any) -> None:
    """The pointer pressed on one element and let go on another."""
    first.scroll_into_view_if_needed()
    for at, one in enumerate((first, last)):
        left, top, right, bottom = box_of(one)
        page.mouse.move((left + right) / 2, (top + bottom) / 2, steps=3)
        if at == 0:
            page.mouse.down()
    page.mouse.up()


def test_a_decision_made_while_a_run_writes_is_stored_when_it_ends(tmp_path: Path, page: Any) -> None:
    import subprocess
    import sys

    database = store(tmp_path)
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with review_server(database) as address:
        page.goto(address)
        page.locator("tbody a").click()
        page.locator(f"{LAW} > button").click()
        with subprocess.Popen(
            [sys.executable, "-c", hold, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as run:
            assert run.stdout is not None and run.stdout.readline() == "held\n"
            page.keyboard.press("a")
            page.locator("#notice:visible").wait_for()
            assert page.locator("#notice").inner_text() == (
                "A run is writing to the database; 1 decision waits in this browser and will be stored when it ends."
            )
            run.communicate("")
        page.locator(f"{LAW}[data-decided='yes']").wait_for()
        assert page.locator("#notice:visible").count() == 0
    assert run_query(database, "SELECT decision FROM core.reviews").rows == (("accept",),)


@pytest.mark.parametrize(("width", "zoom"), [(1280, 1.25), (480, 1.0)])
def test_controls_stay_usable_in_a_narrow_window_and_enlarged(
    tmp_path: Path, page: Any, width: int, zoom: float
) -> None:
    """125 % zoom is a window of fewer, larger pixels, as browsers do it."""
    page.set_viewport_size({"width": round(width / zoom), "height": round(800 / zoom)})
    with review_server(store(tmp_path)) as address:
        page.goto(address)
        page.locator("tbody a").click()
        for control in ("#next", "#review", "#larger", f"{LAW} [data-decide='reject']"):
            one = page.locator(control)
            one.scroll_into_view_if_needed()
            left, top, right, bottom = box_of(one)
            assert 0 <= left < right <= round(width / zoom) and 0 <= top < bottom <= round(800 / zoom)
            one.click(trial=True)  # visible, still, and under nothing else
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator(f"{LAW} > button").click()
        page.wait_for_timeout(300)
        assert in_view(page, page.locator("rect.on"))
