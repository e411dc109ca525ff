"""Where models run, in which number format and on how many threads. Knows no model."""

from pathlib import Path

import torch

CPU_FLAGS = Path("/proc/cpuinfo")
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def pick_device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def pick_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it natively, else float32 (emulated bfloat16 is slower than float32)."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if cpu_has_bf16(_cpu_flags()) else torch.float32


def cpu_has_bf16(flags: frozenset[str]) -> bool:
    """Whether a CPU with these flags, named as Linux names them, has bfloat16 matrix instructions."""
    return bool(flags & BF16_FLAGS)


def set_threads(count: int) -> None:
    """Let one model use this many CPU threads; without it torch takes every core, in every process."""
    torch.set_num_threads(max(1, count))


def _cpu_flags() -> frozenset[str]:
    """The first core's flags; empty where the system does not tell, which means float32."""
    if not CPU_FLAGS.is_file():
        return frozenset()
    lines = (line for line in CPU_FLAGS.read_text(encoding="ascii", errors="replace").splitlines())
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())
