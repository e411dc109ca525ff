"""`muniment bench` goes through every stage that a run goes through; how long each took is the machine's affair."""

import subprocess
import sys

import pytest

from domain_models import get_domain
from flows.bench import bench_stages
from flows.models import ModelChoice
from flows.peak_memory import peak_memory
from tests.conftest import SAMPLE_DOCS

STAGES = ["parse", "segment", "tag", "extract", "summarize", "store", "whole"]


@pytest.mark.parametrize("summaries", [False, True])
def test_each_stage_has_a_row_and_the_whole_is_their_sum(summaries: bool) -> None:
    contract = SAMPLE_DOCS / "legal" / "mutual_nda.pdf"
    rows = bench_stages([contract], 1, get_domain("legal"), ModelChoice(summaries=summaries))
    assert [row["stage"] for row in rows] == [stage for stage in STAGES if summaries or stage != "summarize"]
    seconds = [float(str(row["seconds per document"])) for row in rows]
    assert seconds[-1] == pytest.approx(sum(seconds[:-1]), abs=0.05)
    assert {row["pages"] for row in rows} == {4}


HOLDS = "held = bytearray(b'x') * 200_000_000; input()"


def test_the_peak_counts_what_a_process_below_holds_and_stays_when_it_has_ended() -> None:
    with peak_memory() as peak:
        peak.look()
        before = peak.held
        with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE) as child:
            while peak.held < before + 190_000_000:
                peak.look()
            child.communicate(b"\n")
    assert peak.held > before + 190_000_000
