"""Every error that Muniment raises on purpose. A message names the value and the valid choices, never document text.

MunimentError
BadInput               what the user gave cannot be used: a path, an option, a query
UnknownDomain
UnknownField
ReviewOutdated
DocumentError          one document cannot be read or understood; stored as a failure, the batch goes on
ModelUnavailable       a base model or adapter is neither here nor within reach
ServerUnavailable      the Prefect server that a run reports to cannot be started or reached
WorkerFailed           the worker processes of a run cannot be had, or were lost
StoreError             the database cannot be opened, written or understood
KeyUnusable            the key of an encrypted database is missing, wrong, malformed or open to others
DatabaseTooNew
DatabaseBusy
"""

from collections.abc import Iterable


class MunimentError(Exception):
    """Base of all; the command line prints its message as one line and exits with 1."""


class BadInput(MunimentError):
    """What the user gave cannot be used."""


class UnknownDomain(BadInput):
    """No domain of that name is installed."""

    def __init__(self, name: str, have: Iterable[str]) -> None:
        super().__init__(f"unknown domain {name!r}; have: {', '.join(sorted(have))}")


class UnknownField(BadInput):
    """The domain has no field of that name."""

    def __init__(self, name: str, domain: str, have: Iterable[str]) -> None:
        super().__init__(f"unknown field {name!r} in domain {domain!r}; have: {', '.join(sorted(have))}")


class ReviewOutdated(BadInput):
    """What a reviewer decided about is no longer what is stored."""


class DocumentError(MunimentError):
    """One document cannot be read or understood; `reason` is stored, so it must carry no document text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ModelUnavailable(MunimentError):
    """A base model or adapter is neither here nor within reach."""


class ServerUnavailable(MunimentError):
    """The Prefect server that a run reports to cannot be started or reached."""


class WorkerFailed(MunimentError):
    """The worker processes of a run cannot be had, or were lost."""


class StoreError(MunimentError):
    """The database cannot be opened, written or understood."""


class KeyUnusable(StoreError):
    """The key of an encrypted database is missing, wrong, malformed or open to others."""


class DatabaseTooNew(StoreError):
    """The database was written by a newer version of Muniment."""


class DatabaseBusy(StoreError):
    """Another process holds the database for writing."""
