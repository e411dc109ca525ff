"""A contract that findings alone do not tell: what a writer tuned for it may tell, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from domain_models.domain import Domain
from domain_models.legal.told_overview import overview_passage, read_overview
from flows.models import ModelChoice, Models
from flows.stages.summarize import summarize, summary_version
from flows.stages.tell import Teller, telling
from schemas.finding import Finding
from tests.test_composed import LEGAL, read
from tests.test_summarize import Scribe, assert_traceable

PARTIES = '<party>Acme Widgets, Inc.</>, a Delaware\ncorporation (the "<party>Supplier</>"), and <party>Borealis Foods LLC</> ("<party>Borealis</>")'
# The tagger has taken a heading for a party, so nothing is composed of its findings.
JUNK = "<party>PARTIES (1)</>"
CONTRACT = (
    f"Exhibit 10.1\nSUPPLY AGREEMENT\n\n{JUNK} This Agreement is made as of <dated>March 3, 2021</> between {PARTIES}.\n\n"
    "WHEREAS Supplier sells widgets, the parties agree as follows.\n"
)
TOLD = (
    "SUPPLY AGREEMENT between Acme Widgets, Inc. (“Supplier”) and Borealis Foods LLC (“Borealis”), dated March 3, 2021."
)


def told(marked: str, answer: str) -> str | None:
    document, findings = read(marked)
    overview = read_overview(answer, document.text, findings, overview_passage(document.text, findings))
    return overview.sentence if overview else None


def test_an_overview_in_the_contracts_own_names_is_told_and_cites_them() -> None:
    assert told(CONTRACT, TOLD) == TOLD
    document, findings = read(CONTRACT)
    overview = read_overview(TOLD, document.text, findings, overview_passage(document.text, findings))
    assert overview is not None
    assert [one.words for one in overview.pieces] == [
        "SUPPLY AGREEMENT", "Acme Widgets, Inc.", "Supplier", "Borealis Foods LLC", "Borealis", "March 3, 2021",
    ]  # fmt: skip


THIRD = CONTRACT.replace('Borealis</>")', 'Borealis</>"), and the lenders (the "Lenders")')
LONGER = CONTRACT.replace("<party>Borealis Foods", "North <party>Borealis Foods")
FAR = CONTRACT.replace('</>").', '</>"), ' + "a company of many words " * 60 + "and <party>Cedar Timber LLC</>.")
REFUSED = [
    pytest.param(CONTRACT, TOLD.replace("Acme Widgets", "Acme Gadgets"), id="another name"),
    pytest.param(CONTRACT, TOLD.replace("Foods LLC", "Foods"), id="a piece of a name"),
    pytest.param(CONTRACT, TOLD.replace("SUPPLY", "LEASE"), id="another title"),
    pytest.param(CONTRACT, TOLD.replace("SUPPLY AGREEMENT", "AGREEMENT"), id="a piece of the title"),
    pytest.param(CONTRACT, TOLD.replace(" and Borealis Foods LLC (“Borealis”)", ""), id="one party"),
    pytest.param(CONTRACT, TOLD.replace("Borealis Foods LLC (“Borealis”)", "Supplier"), id="a role for a party"),
    pytest.param(CONTRACT, TOLD.replace("Borealis Foods LLC (“Borealis”)", "Acme Widgets, Inc."), id="one party twice"),
    pytest.param(CONTRACT, TOLD.replace(" (“Borealis”)", ""), id="a short name that is nobody's"),
    pytest.param(THIRD, TOLD, id="a party that is only called something"),
    pytest.param(FAR, TOLD, id="a company that signs behind the words read"),
    pytest.param(LONGER, TOLD, id="a name that begins before"),
    pytest.param(CONTRACT, "The contract is a supply agreement.", id="another form"),
    pytest.param(CONTRACT, "", id="nothing"),
]


@pytest.mark.parametrize(("marked", "answer"), REFUSED)
def test_what_does_not_stand_there_whole_or_leaves_a_party_out_is_refused(marked: str, answer: str) -> None:
    assert told(marked, answer) is None


def test_a_day_that_was_not_found_as_that_date_is_left_out() -> None:
    undated = CONTRACT.replace("<dated>March 3, 2021</>", "March 3, 2021")
    assert told(undated, TOLD) == TOLD.replace(", dated March 3, 2021", "")


def test_a_short_name_of_another_is_left_out() -> None:
    swapped = TOLD.replace("Supplier", "X").replace("Borealis”", "Supplier”").replace("“X", "“Borealis")
    assert told(CONTRACT, swapped) == TOLD.replace(" (“Supplier”)", "").replace(" (“Borealis”)", "")


@dataclass(frozen=True)
class Told:
    """A tuned writer that gives one answer, and the domain that asks it."""

    answer: str
    asked: list[str]

    @property
    def version(self) -> str:
        return "tuned-1"

    def write(self, prompts: Sequence[str], max_new_tokens: int) -> list[str]:
        self.asked.extend(prompts)
        return [self.answer] * len(prompts)

    def domain(self) -> Domain:
        return telling(LEGAL, Teller("tuned-1", lambda: self))


def test_it_stands_in_the_summary_where_nothing_is_composed() -> None:
    document, findings = read(CONTRACT)
    tuned = Told(TOLD, [])
    summary = summarize(document, [], findings, tuned.domain(), Scribe(("",), []))
    (overview,) = (one for one in summary.sentences if one.text == TOLD)
    assert overview.origin == "written"
    assert_traceable(summary, document.text)
    assert [" ".join(document.text[a:b].split()) in TOLD for a, b in overview.citations] == [True] * 6
    assert len(tuned.asked) == 1 and "Acme Widgets, Inc., a Delaware corporation" in tuned.asked[0]


@pytest.mark.parametrize("answer", ["", TOLD.replace("Acme", "Zephyr")])
def test_what_is_refused_leaves_the_summary_as_it_was(answer: str) -> None:
    document, findings = read(CONTRACT)
    plain = summarize(document, [], findings, LEGAL, Scribe(("",), []))
    tuned = summarize(document, [], findings, Told(answer, []).domain(), Scribe(("",), []))
    assert replace(tuned, writer=plain.writer) == plain
    assert tuned.writer != plain.writer


def test_where_findings_tell_it_the_tuned_writer_is_not_even_loaded() -> None:
    document, findings = read(CONTRACT.replace(JUNK, "").replace("SUPPLY AGREEMENT", "<title>SUPPLY AGREEMENT</>"))

    def load() -> Told:
        raise AssertionError

    summary = summarize(document, [], findings, telling(LEGAL, Teller("t", load)), Scribe(("",), []))
    assert [one.origin for one in summary.sentences if one.text == TOLD] == ["composed"]


def test_text_without_a_party_or_a_date_is_not_asked_about() -> None:
    findings: list[Finding] = []
    document, _ = read("SUPPLY AGREEMENT. Nothing is said.")
    assert LEGAL.ask is not None
    assert list(LEGAL.ask(document, [], findings)) == []


def test_other_weights_that_tell_are_another_version_of_the_domains_summaries() -> None:
    versions = {summary_version("w", domain) for domain in (LEGAL, *(telling(LEGAL, Teller(v, Told)) for v in "ab"))}  # type: ignore[arg-type]
    assert len(versions) == 3


@pytest.mark.model
def test_a_run_tells_overviews_with_the_adapter_that_is_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models(ModelChoice())
    assert models.told_domain("legal").told_by in models.versions.writers["legal"]
    assert models.told_domain("legal").told_by.startswith("told.v")
    assert models.told_domain("medical") is models.plans["medical"].domain
    assert Models(ModelChoice(writer=str(with_config(tmp_path)))).told_domain("legal").told_by == ""


def with_config(folder: Path) -> Path:
    (folder / "config.json").write_text("{}", encoding="utf-8")
    return folder
