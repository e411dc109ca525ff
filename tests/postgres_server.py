"""A Postgres server for one test, where there is one to start."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest


@contextmanager
def postgres() -> Iterator[str]:
    """A server of its own on loopback. It refuses to run as root, which therefore lends it another user."""
    places = os.pathsep.join([os.environ["PATH"], *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))])
    initdb, pg_ctl = (shutil.which(program, path=places) for program in ("initdb", "pg_ctl"))
    if not initdb or not pg_ctl:
        pytest.skip("Postgres is not installed")
    with TemporaryDirectory() as folder, socket.socket() as free:
        if os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
            pytest.skip("Postgres refuses to run as root, and has no user of its own")
        lent: dict[str, Any] = {"user": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if lent:
            shutil.chown(folder, "postgres")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()

        def run(*command: str) -> None:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **lent)

        run(initdb, "-D", "data", "-U", "muniment", "-A", "trust")
        run(pg_ctl, "-D", "data", "-l", "log", "-w", "-o", f"-p {port} -h 127.0.0.1 -k {folder}", "start")
        try:
            yield f"dbname=postgres host=127.0.0.1 port={port} user=muniment password=open-sesame"
        finally:
            run(pg_ctl, "-D", "data", "-m", "immediate", "stop")
