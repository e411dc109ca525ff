"""Where models run, in which number format and on how many threads. Knows no model."""

import ctypes
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import torch

CPU_FLAGS = Path("/proc/cpuinfo")
BF16_FLAGS = frozenset({"amx_bf16"})
"""With AVX-512's own bf16 instructions alone, float32 is 1.8 times faster: 291 against 165 GFLOP/s on two cores of a
Xeon (square products of 2048, torch 2.13). With AMX, bfloat16 is 3.7 times faster than float32.
"""
INT8_FLAGS = frozenset({"avx512_vnni", "avx_vnni"})
"""These multiply 8-bit integers and sum them in 32 bits without overflow, four times as fast as float32 (on that Xeon).
Processors without them saturate sums at 16 bits.
"""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # <malloc.h>
MMAP_BYTES = 32 << 20  # the most that glibc takes for its threshold
KEPT_BYTES = 512 << 20

WAIT_SECONDS = 0.5

Given = ParamSpec("Given")
Done = TypeVar("Done")
Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that are free: on each GPU that models may use, by its number, and in the machine itself."""

    gpus: Mapping[int, int]
    cpu: int


_this_thread = threading.local()
_RUNNING = ThreadPoolExecutor(1, "models", lambda: setattr(_this_thread, "runs_models", True))
_own_gpu: int | None = None


def gpu_count() -> int:
    """GPUs that this process sees; asking takes none of them."""
    return torch.cuda.device_count()


def use_gpu(index: int) -> None:
    """Has the models that this process loads from now on run on that GPU."""
    global _own_gpu
    _own_gpu = index


def pick_device() -> torch.device:
    """The GPU of this process, which is the first where `use_gpu` has named none; the CPU where there is no GPU."""
    return torch.device("cuda", _own_gpu or 0) if torch.cuda.is_available() else torch.device("cpu")


def free_memory() -> Memory:
    """What is free now. A process that `use_gpu` has given a GPU uses that one alone; a container's limit is not seen."""
    import psutil

    seen = range(gpu_count()) if torch.cuda.is_available() else ()
    gpus = {gpu: _free_on(gpu) for gpu in seen if _own_gpu in (None, gpu)}
    return Memory(gpus, psutil.virtual_memory().available)


def _free_on(gpu: int) -> int:
    kept = torch.cuda.memory_reserved(gpu) - torch.cuda.memory_allocated(gpu)  # torch's own, for its next tensors
    return int(torch.cuda.mem_get_info(gpu)[0]) + kept


def pick_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device has matrix units for it, else float32, which is then the faster of the two."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if cpu_has_bf16(_cpu_flags()) else torch.float32


def cpu_has_bf16(flags: frozenset[str]) -> bool:
    """Whether a CPU with these flags, named as Linux names them, has matrix units for bfloat16."""
    return bool(flags & BF16_FLAGS)


def reads_in_int8(device: torch.device) -> bool:
    """Whether taggers read there in 8-bit integers: on a CPU that is made for these and not for bfloat16."""
    return device.type == "cpu" and cpu_has_int8(_cpu_flags()) and pick_dtype(device) is torch.float32


def cpu_has_int8(flags: frozenset[str]) -> bool:
    """Whether a CPU with these flags, named as Linux names them, has instructions for sums of 8-bit products."""
    return bool(flags & INT8_FLAGS)


def alone(work: Callable[Given, Done]) -> Callable[Given, Done]:
    """The work, done by the one thread of this process that runs models, whoever asks for it.

    OpenMP and MKL keep helping threads and matrix buffers for each thread that has ever called them, and where there are
    more helpers than cores, all of them fall asleep after every step: taggers then read at six tenths of their speed.
    Who asks waits in short steps, between which an interrupt reaches them.
    """

    @wraps(work)
    def done(*given: Given.args, **named: Given.kwargs) -> Done:
        if getattr(_this_thread, "runs_models", False):
            return work(*given, **named)
        future = _RUNNING.submit(work, *given, **named)
        while not wait((future,), WAIT_SECONDS).done:
            pass
        return future.result()

    return done


def side_by_side(work: Callable[[Piece], Done], pieces: Sequence[Piece]) -> list[Done]:
    """What the work gives for each piece, in order; for the thread that runs models.

    On a CPU as many pieces are worked on at once as there are threads, each on one: two windows read so take less time than
    one after the other on two threads, which wait for each other at every step. What is left over, too little for all
    threads, shares them.
    """
    threads = torch.get_num_threads()
    even = len(pieces) // threads * threads if threads > 1 and pick_device().type == "cpu" else 0
    try:
        done = list(_single_threads(threads).map(work, pieces[:even])) if even else []
    finally:
        torch.set_num_threads(threads)  # what a new thread sets holds for the next one to ask, too
    return [*done, *(work(piece) for piece in pieces[even:])]


@lru_cache(maxsize=1)
def _single_threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "model", partial(torch.set_num_threads, 1))


def set_threads(count: int) -> None:
    """Let one model use this many CPU threads; without it torch takes every core, in every process."""
    torch.set_num_threads(max(1, count))  # holds for the calling thread alone
    alone(torch.set_num_threads)(max(1, count))


def keep_freed_memory() -> None:
    """Let glibc keep what one document frees for the next: fetching it anew costs some 3 % of the reading.

    Does nothing where the C library is another. What is kept is at most `KEPT_BYTES` a thread.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def return_freed_memory() -> None:
    """Has glibc give back what it keeps, between small pieces in use too: those scatter, and a night's batch would grow by it."""
    malloc_trim = _of_glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    """The C library's function of that name; None where it is another library."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None


def _cpu_flags() -> frozenset[str]:
    """The first core's flags; empty where the system does not tell, which means float32."""
    if not CPU_FLAGS.is_file():
        return frozenset()
    lines = (line for line in CPU_FLAGS.read_text(encoding="ascii", errors="replace").splitlines())
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())
