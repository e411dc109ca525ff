"""Every setting, and the only reader of the environment. Each is `MUNIMENT_<NAME>`; the README lists them."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import BadInput

PREFECT_DEFAULTS = {
    # Nothing leaves the machine.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A first start makes the server's database: 15 s on two cores, minutes beside other work.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    # The command line shows its own progress and one line for an error; warnings and errors go to the UI.
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",  # else each event that misses a server which is gone has a line
    "PREFECT_LOGGING_EXTRA_LOGGERS": "muniment",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
THREADS = {
    # OpenMP's threads meet after every step of a network. Waiting awake for each other, as they do for a millisecond, two
    # processes on two cores read at a twentieth of their speed; so they soon sleep, which costs a writer a quarter; waiting
    # five times as long costs a tagger one part in twenty (LOG).
    "GOMP_SPINCOUNT": "2000",
}
QUIET = {"TOKENIZERS_PARALLELISM": "false", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_TELEMETRY": "1"}


class Settings(BaseSettings):
    """What a run needs to know beside its arguments."""

    model_config = SettingsConfigDict(env_prefix="MUNIMENT_")

    cache: Path = Field(default_factory=lambda: user_cache_path("muniment"), description="where base models lie")
    threads: int = Field(default=0, ge=0, description="CPU threads of the models; 0 is one per core")
    shard_size: int = Field(default=16, ge=1, description="documents a task")
    parse_workers: int = Field(default=1, ge=1, description="processes that read PDFs")
    parse_seconds: float = Field(default=120.0, gt=0, description="time limit for reading one document")
    cron: str = Field(default="0 2 * * *", description="when `muniment serve` runs: minute hour day month weekday")
    timezone: str = Field(default="UTC", description="the time zone of that, by its IANA name")
    busy_seconds: float = Field(default=30.0, ge=0, description="a run waits so long for who holds the database")
    settle_seconds: float = Field(default=30.0, ge=0, description="a served file waits until it has rested so long")
    parse_memory_mb: int = Field(default=3072, ge=512, description="memory limit of a reading process, in MB")
    encrypt: bool = Field(default=False, description="1 makes new databases encrypted, as `--encrypt` does")
    key_file: Path | None = Field(default=None, description="file with the key of encrypted databases, mode 600")
    key: SecretStr | None = Field(default=None, description="the key itself, where there is no key file")
    parquet: bool = Field(default=False, description="1 publishes Parquet files too, as `--parquet` does")
    evidence: Path | None = Field(default=None, description="folder for the evidence pages of each run's documents")
    evidence_url: str | None = Field(default=None, description="address under which people open that folder")
    prefect_pictures: bool = Field(default=False, description="1 lets Prefect show pictures of doubtful pages")
    runner: Literal["threads", "processes", "dask", "ray"] = Field(
        default="threads", description="where documents are worked on: in the run itself, or by worker processes"
    )
    workers: int = Field(default=2, ge=1, description="worker processes of a runner other than threads")
    cluster: str | None = Field(default=None, description="address of a Dask scheduler or Ray head that is running")
    store: str = Field(default="file", description="file, or ducklake:CATALOGUE, which several machines share")
    store_data: str | None = Field(default=None, description="where a new DuckLake keeps its Parquet files")
    machine: str | None = Field(default=None, description="what this machine's rows go by there; host and database")
    fields: Path | None = Field(default=None, description="file or folder of fields of one's own")
    live_port: int = Field(default=0, ge=0, le=65535, description="port on loopback for live reading; 0 is none")

    @property
    def thread_count(self) -> int:
        """CPU threads of the models."""
        return self.threads or len(os.sched_getaffinity(0))


@cache
def settings() -> Settings:
    """The settings of this process, read once. Raises BadInput for one that cannot be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"MUNIMENT_{str(first['loc'][0]).upper()}"
        raise BadInput(f"{name} is {first['input']!r}; {first['msg'][0].lower()}{first['msg'][1:]}") from None


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process with `more`, for a process that it starts."""
    return {**os.environ, **more}


def export(more: Mapping[str, str]) -> None:
    """Adds `more` to the environment of this process and of those that it starts."""
    os.environ.update(more)


def prepare_environment() -> None:
    """Sets what libraries read from the environment; whatever the user has set stays. Call before importing them."""
    for name, value in {**PREFECT_DEFAULTS, **THREADS, **QUIET}.items():
        os.environ.setdefault(name, value)
