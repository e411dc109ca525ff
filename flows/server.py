"""The Prefect server behind a run that is started by hand: there before the flow begins, and still there at its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flows.interrupt import beyond_interrupts
from schemas.errors import ServerUnavailable


@contextmanager
def reachable_server() -> Iterator[None]:
    """Prefect's own errors about its server come out as ServerUnavailable, which says what to do."""
    # In a thread of its own, so that Ctrl-C still ends the command while the server is starting.
    starting = threading.Thread(target=_start, name="server", daemon=True)
    starting.start()
    starting.join()
    try:
        yield
    except RuntimeError as error:
        if "API" not in str(error):
            raise
        raise ServerUnavailable(
            "the Prefect server cannot be started or reached; check PREFECT_API_URL where it is set, else raise"
            " PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS or keep one running with `prefect server start`"
        ) from error


def _start() -> None:
    """Has Prefect start its own server, if it needs one; a flow whose server is gone waits for it over a minute."""
    from prefect.client.orchestration import get_client

    try:
        with beyond_interrupts():
            get_client(sync_client=True)
    except RuntimeError:
        return  # the flow will ask for it again and fail with the same error where it can be told
