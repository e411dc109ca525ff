"""Readers and a flow never wait for each other; `python -m tests.benchmarks.readers` does this for five minutes."""

from pathlib import Path

from tests.benchmarks.readers import read_while_writing

SLOW_SECONDS = 5
"""Far above the wait of a reader, far below that of a lock held for a flow; a busy machine alone may take over one."""


def test_readers_see_whole_states_while_flows_write(tmp_path: Path) -> None:
    figures = read_while_writing(tmp_path, seconds=15)
    assert figures.faults == []
    assert figures.reads > 10
    assert figures.longest < SLOW_SECONDS
    assert len(figures.states) > 1, "nothing was written meanwhile"
