"""The Prefect server behind a run or a schedule: there before the first flow begins, and gone when its owner is."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.interrupt import beyond_interrupts
from flows.settings import environment
from schemas.errors import MunimentError, ServerUnavailable

if TYPE_CHECKING:
    from prefect.server.api.server import SubprocessASGIServer

HOST = "127.0.0.1"
START_SECONDS = 300
STOP_SECONDS = 10
WATCHDOG = Path(__file__).with_name("watchdog.py")


@contextmanager
def reachable_server() -> Iterator[None]:
    """Prefect's own errors about its server come out as ServerUnavailable, which says what to do."""
    # In a thread of its own, so that Ctrl-C still ends the command while the server is starting.
    starting = threading.Thread(target=_start, name="server", daemon=True)
    starting.start()
    starting.join()
    with plain_server_errors():
        yield


@contextmanager
def plain_server_errors() -> Iterator[None]:
    """What a flow raises where its server cannot be had, or has gone meanwhile, comes out as ServerUnavailable."""
    try:
        yield
    except MunimentError:
        raise
    except Exception as error:
        if isinstance(error, RuntimeError) and "API" in str(error):
            raise ServerUnavailable(
                "the Prefect server cannot be started or reached; check PREFECT_API_URL where it is set, else raise"
                " PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS or keep one running with `prefect server start`"
            ) from error
        if _has_lost_server(error):
            raise ServerUnavailable(
                "the Prefect server has gone or is too busy; what was stored stays, run the same command again to go on"
            ) from error
        raise


def _has_lost_server(error: BaseException) -> bool:
    """Whether a connection that broke, or a server too busy to answer, is behind the error; Prefect wraps it in its own."""
    import httpx

    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, httpx.TransportError):
            return True
        if isinstance(behind, httpx.HTTPStatusError) and behind.response.is_server_error:
            return True
        behind = behind.__cause__ or behind.__context__
    return False


def _start() -> None:
    """Has Prefect start its own server, if it needs one; a flow whose server is gone waits for it over a minute."""
    from prefect.client.orchestration import get_client
    from prefect.server.api.server import SubprocessASGIServer

    server, is_up = SubprocessASGIServer(), threading.Event()
    threading.Thread(target=_watch_over, args=(server, is_up), daemon=True).start()
    try:
        with beyond_interrupts():
            get_client(sync_client=True)
    except RuntimeError:
        return  # the flow will ask for it again and fail with the same error where it can be told
    finally:
        is_up.set()


def _watch_over(server: "SubprocessASGIServer", is_up: threading.Event) -> None:
    """Ties the server's process to this one from its first moment; it is another where its port was taken meanwhile."""
    watched: int | None = None
    is_last = False
    while not is_last:
        is_last = is_up.wait(0.1)
        process = server.server_process
        if process is not None and process.pid != watched:
            watched = process.pid
            end_with_us(watched)


@contextmanager
def lasting_server() -> Iterator[str]:
    """The address of a server with its scheduler and UI: that of PREFECT_API_URL, else one of our own until the end.

    Raises ServerUnavailable where the one does not answer or the other's port is taken.
    """
    from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_API_PORT, temporary_settings

    there = PREFECT_API_URL.value()
    if there:
        if not answers(there):
            raise ServerUnavailable(f"no Prefect server answers at {there} (PREFECT_API_URL); start it or unset that")
        yield there
        return
    port = PREFECT_SERVER_API_PORT.value()
    address = f"http://{HOST}:{port}/api"
    if _is_taken(port):
        raise ServerUnavailable(
            f"port {port} is taken; set PREFECT_API_URL={address} where a Prefect server of yours has it,"
            " or PREFECT_SERVER_API_PORT to start one at another"
        )
    with _own_server(port, address), temporary_settings({PREFECT_API_URL: address}):
        yield address


@contextmanager
def _own_server(port: int, address: str) -> Iterator[None]:
    """Serves the whole of Prefect at that port until the block ends."""
    program = ("--factory", "prefect.server.api.server:create_app", "--host", HOST, "--port", str(port))
    command = [sys.executable, "-m", "uvicorn", *program, "--log-level", "error", "--timeout-keep-alive", "5"]
    settings = {"PREFECT__SERVER_FINAL": "1", "PREFECT_UI_API_URL": address}
    with beyond_interrupts():
        server = subprocess.Popen(command, env=environment(settings))
        end_with_us(server.pid)
    try:
        _await(server, address)
        yield
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await(server: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(address):
        if server.poll() is not None or time.monotonic() > deadline:
            raise ServerUnavailable(
                "the Prefect server cannot be started; `prefect server start` shows why, and PREFECT_HOME is where its"
                " database lies"
            )
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Whether a Prefect server is there."""
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=10) as response:  # noqa: S310  # our own or the user's address
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def end_with_us(server: int) -> None:
    """Whatever becomes of this process, the server ends with it."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    watching = [sys.executable, "-I", "-S", str(WATCHDOG), str(os.getpid()), str(server)]
    with beyond_interrupts():
        subprocess.Popen(watching, **quiet)  # type: ignore[call-overload]
