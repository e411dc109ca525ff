"""Which stage a document needs first, by what the database knows of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.batch import PROCESSED, Known, Versions, first_stage, plan
from flows.stages.store import DocumentState
from schemas.document import SourceFile
from schemas.run import Failure, Fingerprint, Stage

NOW = Versions(
    parser="p1",
    classifier="c1",
    proposers={"legal": "t1+d1", "medical": "m1+d1"},
    taggers={"legal": "t1", "medical": "m1"},
    rules={"legal": "r1", "medical": "n1"},
    writers={"legal": "w1", "medical": "w2"},
)
DONE = Fingerprint("p1", "legal", "t1", "r1", "w1", "t1+d1")


def state(how_far: str = "processed", **changed: str) -> DocumentState:
    return DocumentState(how_far, Fingerprint(**{**{n: getattr(DONE, n) for n in DONE.__slots__}, **changed}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "domain", "expected"),
    [
        pytest.param(None, "auto", "parse", id="never seen"),
        pytest.param(state(), "auto", None, id="all versions the same"),
        pytest.param(state(parser="p0"), "auto", "parse", id="another parser"),
        pytest.param(state(tagger="t0", proposer="t0+d1"), "auto", "tag", id="another tagger"),
        pytest.param(state(proposer="t1+d0"), "auto", "tag", id="another decoding"),
        pytest.param(state(tagger="t1+patterns"), "auto", "extract", id="other patterns"),
        pytest.param(state(rules="r0"), "auto", "extract", id="other rules"),
        pytest.param(state(rules="r0", proposer=""), "auto", "tag", id="other rules, nothing proposed yet"),
        pytest.param(state(proposer=""), "auto", None, id="from before proposals were kept"),
        pytest.param(state(writer="w0"), "auto", "summarize", id="another writer"),
        pytest.param(state(writer=""), "auto", "summarize", id="never summarised"),
        pytest.param(
            state("parsed", tagger="", rules="", writer="", proposer=""), "auto", "tag", id="killed after parsing"
        ),
        pytest.param(state("parsed", tagger="", rules="", writer=""), "auto", "extract", id="killed after tagging"),
        pytest.param(state("failed", tagger="", rules=""), "auto", "extract", id="extraction failed, retried"),
        pytest.param(state("failed", domain=""), "auto", "parse", id="no domain, retried"),
        pytest.param(state(), "medical", "parse", id="the user names another domain"),
        pytest.param(state(), "legal", None, id="the user names the same domain"),
        pytest.param(
            state(domain="medical", tagger="m1", rules="n1", writer="w2", proposer="m1+d1"),
            "auto",
            None,
            id="each domain its own versions",
        ),
    ],
)
def test_the_first_stage_that_is_needed(stored: DocumentState | None, domain: str, expected: str | None) -> None:
    assert first_stage(stored, NOW, domain) == expected


def test_no_summaries_wanted_none_missed() -> None:
    without = replace(NOW, writers={})
    assert first_stage(state(writer=""), without, "auto") is None


def test_every_file_is_planned_once() -> None:
    files = [SourceFile(Path(f"/in/{name}.pdf"), name, 1) for name in ("new", "done", "retagged", "failed")]
    states = {"done": state(), "retagged": state(tagger="t0", proposer="t0+d1")}
    failures = {"failed": Failure("/in/failed.pdf", "failed", "parse", "corrupt", "p1")}
    work = plan(files, Known(states, failures), NOW)
    assert [file.sha256 for file in work.parse] == ["new"]
    assert [file.sha256 for file in work.tag] == ["retagged"]
    assert (work.document_count, work.left_alone) == (2, 1)
    assert [(skip.document_id, skip.reason) for skip in work.skips] == [
        ("done", PROCESSED),
        ("failed", "failed before: corrupt"),
    ]


def test_a_named_domain_takes_up_documents_of_no_known_domain() -> None:
    file = SourceFile(Path("/in/letter.pdf"), "letter", 1)
    failures = {"letter": Failure("/in/letter.pdf", "letter", "classify", "unknown domain", "c1")}
    states = {"letter": state("failed", domain="", tagger="", rules="", writer="", proposer="")}
    assert plan([file], Known(states, failures), NOW, "legal").parse == (file,)
    assert plan([file], Known(states, failures), NOW).skips[0].reason == "failed before: unknown domain"


UNTAGGED = state("failed", tagger="", rules="", writer="", proposer="")
TAGGED = state("failed", tagger="", rules="", writer="")


@pytest.mark.parametrize(
    ("stage", "version", "stored", "again"),
    [
        pytest.param("parse", "p1", None, False, id="the parser that failed"),
        pytest.param("parse", "p0", None, True, id="a new parser"),
        pytest.param("parse", "", None, True, id="failed before versions were kept"),
        pytest.param("classify", "c1", state("failed", domain=""), False, id="the cues that failed"),
        pytest.param("classify", "c0", state("failed", domain=""), True, id="new cues"),
        pytest.param("classify", "c1", state("failed", domain="", parser="p0"), True, id="no domain, a new parser"),
        pytest.param("tag", "t1+d1", UNTAGGED, False, id="the tagger that failed"),
        pytest.param("tag", "t0+d1", UNTAGGED, True, id="a new tagger"),
        pytest.param("extract", "t1 r1", TAGGED, False, id="the rules that failed"),
        pytest.param("extract", "t1 r0", TAGGED, True, id="new rules"),
        pytest.param("extract", "t1 r1", UNTAGGED, True, id="rules failed, nothing proposed by this tagger"),
        pytest.param("summarize", "w1", state(writer=""), False, id="the writer that failed"),
        pytest.param("summarize", "w0", state(writer=""), True, id="a new writer"),
        pytest.param("summarize", "w1", state(writer="", rules="r0"), True, id="the writer failed, new rules"),
    ],
)
def test_a_failure_is_taken_up_again_by_itself_when_what_failed_has_another_version(
    stage: Stage, version: str, stored: DocumentState | None, again: bool
) -> None:
    file = SourceFile(Path("/in/one.pdf"), "one", 1)
    failures = {"one": Failure("/in/one.pdf", "one", stage, "why", version)}
    work = plan([file], Known({"one": stored} if stored else {}, failures), NOW)
    assert (work.document_count, [skip.reason for skip in work.skips]) == (
        (1, []) if again else (0, ["failed before: why"])
    )
