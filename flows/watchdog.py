"""Ends a server whose owner is gone: a program of its own, so that it outlives a kill -9 of the owner.

    python watchdog.py OWNER SERVER

Both are process ids; the owner starts this. It ends by itself when the server has ended. Knows no server by name.
"""

import os
import signal
import sys
import time

POLL_SECONDS = 0.5
GRACE_SECONDS = 5.0


def watch(owner: int, server: int) -> None:
    """Returns once the server is gone; the owner's end is what starts this process's own parent to change."""
    while os.getppid() == owner and _is_there(server):
        time.sleep(POLL_SECONDS)
    _send(server, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while _is_there(server) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    _send(server, signal.SIGKILL)


def _is_there(process: int) -> bool:
    return _send(process, 0)


def _send(process: int, number: int) -> bool:
    """Whether there was such a process to take the signal."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts it, too; the owner ends its server itself
    watch(int(sys.argv[1]), int(sys.argv[2]))
