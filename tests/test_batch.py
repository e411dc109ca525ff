"""Which stage a document needs first, by what the database knows of it."""

from pathlib import Path

import pytest

from flows.batch import PROCESSED, Known, Versions, first_stage, plan
from flows.stages.store import DocumentState
from schemas.document import SourceFile
from schemas.run import Failure, Fingerprint

NOW = Versions(
    "p1", {"legal": "t1", "medical": "m1"}, {"legal": "r1", "medical": "n1"}, {"legal": "w1", "medical": "w2"}
)
DONE = Fingerprint("p1", "legal", "t1", "r1", "w1")


def state(how_far: str = "processed", **changed: str) -> DocumentState:
    return DocumentState(how_far, Fingerprint(**{**{n: getattr(DONE, n) for n in DONE.__slots__}, **changed}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "domain", "expected"),
    [
        pytest.param(None, "auto", "parse", id="never seen"),
        pytest.param(state(), "auto", None, id="all versions the same"),
        pytest.param(state(parser="p0"), "auto", "parse", id="another parser"),
        pytest.param(state(tagger="t0"), "auto", "extract", id="another tagger"),
        pytest.param(state(rules="r0"), "auto", "extract", id="other rules"),
        pytest.param(state(writer="w0"), "auto", "summarize", id="another writer"),
        pytest.param(state(writer=""), "auto", "summarize", id="never summarised"),
        pytest.param(state("parsed", tagger="", rules="", writer=""), "auto", "extract", id="killed after parsing"),
        pytest.param(state("failed", tagger="", rules=""), "auto", "extract", id="extraction failed, retried"),
        pytest.param(state("failed", domain=""), "auto", "parse", id="no domain, retried"),
        pytest.param(state(), "medical", "parse", id="the user names another domain"),
        pytest.param(state(), "legal", None, id="the user names the same domain"),
        pytest.param(
            state(domain="medical", tagger="m1", rules="n1", writer="w2"),
            "auto",
            None,
            id="each domain its own versions",
        ),
    ],
)
def test_the_first_stage_that_is_needed(stored: DocumentState | None, domain: str, expected: str | None) -> None:
    assert first_stage(stored, NOW, domain) == expected


def test_no_summaries_wanted_none_missed() -> None:
    without = Versions(NOW.parser, NOW.taggers, NOW.rules, {})
    assert first_stage(state(writer=""), without, "auto") is None


def test_every_file_is_planned_once() -> None:
    files = [SourceFile(Path(f"/in/{name}.pdf"), name, 1) for name in ("new", "done", "retagged", "failed")]
    states = {"done": state(), "retagged": state(tagger="t0")}
    failures = {"failed": Failure("/in/failed.pdf", "failed", "parse", "corrupt")}
    work = plan(files, Known(states, failures), NOW)
    assert [file.sha256 for file in work.parse] == ["new"]
    assert [file.sha256 for file in work.extract] == ["retagged"]
    assert [(skip.document_id, skip.reason) for skip in work.skips] == [
        ("done", PROCESSED),
        ("failed", "failed before: corrupt"),
    ]


def test_a_named_domain_takes_up_documents_of_no_known_domain() -> None:
    file = SourceFile(Path("/in/letter.pdf"), "letter", 1)
    failures = {"letter": Failure("/in/letter.pdf", "letter", "classify", "unknown domain")}
    assert plan([file], Known({}, failures), NOW, "legal").parse == (file,)
    assert plan([file], Known({}, failures), NOW).skips[0].reason == "failed before: unknown domain"
