"""What a batch has freed goes back to the system: the flow that reads it may run for a night."""

import platform
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain_models.runtime.device import alone

SCATTERED = """
from pathlib import Path
from domain_models.runtime.device import keep_freed_memory, return_freed_memory

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 1000000

keep_freed_memory()
blocks, kept = [], []
for _ in range(200):
    blocks.append(bytearray(b"x") * 1000000)
    kept.append(bytearray(b"x") * 2000)  # in use between them: the C library alone gives nothing back
full = resident_mb()
blocks.clear()
freed = resident_mb()
return_freed_memory()
print(full, freed, resident_mb())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps nothing")
def test_memory_between_pieces_in_use_is_given_back() -> None:
    shown = subprocess.run([sys.executable, "-c", SCATTERED], capture_output=True, text=True, check=True).stdout
    full, freed, returned = map(int, shown.split())
    assert full - freed < 20
    assert freed - returned > 150


def test_every_thread_has_its_models_run_by_one_and_the_same() -> None:
    at_once = threading.Barrier(3, timeout=30)

    def lane(_: int) -> tuple[int, int]:
        at_once.wait()
        return alone(threading.get_ident)(), threading.get_ident()

    with ThreadPoolExecutor(3) as lanes:
        used, asking = map(set, zip(*lanes.map(lane, range(3)), strict=True))
    assert (len(used), len(asking)) == (1, 3)
    assert used.isdisjoint(asking)
