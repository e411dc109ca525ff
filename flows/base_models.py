"""Where the base models lie on this machine."""

from pathlib import Path

from domain_models.runtime.weights import resolve
from flows.settings import settings


def base_folder(name: str) -> Path:
    """The folder of a base model, fetched into the cache where it is not there yet."""
    return resolve(name, settings().cache)
