"""Runs the flow over inboxes by the clock: Prefect's own scheduler and runner, one run at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType
from pydantic import ValidationError

from flows.process import process_documents
from schemas.errors import BadInput

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""A run that would begin while another is under way waits for it: the database has one writer."""


@dataclass(frozen=True)
class Times:
    """When to run. Raises BadInput for a cron expression of other than five fields or an unknown time zone."""

    cron: str
    timezone: str

    def __post_init__(self) -> None:
        try:
            CronSchedule(cron=self.cron)
            is_cron = len(self.cron.split()) == 5  # Prefect takes a sixth for seconds, which cron does not have
        except ValidationError:
            is_cron = False
        if not is_cron:
            raise BadInput(f"{self.cron!r} is no cron expression; five fields, as in '0 2 * * *': every night at two")
        if self.timezone not in available_timezones():
            raise BadInput(f"unknown time zone {self.timezone!r}; an IANA name such as Europe/Vienna, or UTC")


def serve_documents(name: str, parameters: Mapping[str, Any], times: Times) -> None:
    """Runs the flow with these parameters at these times until it is interrupted; `name` is what the UI shows."""
    deployment: Any = process_documents.to_deployment(
        name,
        schedule=Cron(times.cron, timezone=times.timezone),
        parameters=dict(parameters),
        concurrency_limit=ONE_AT_A_TIME,
        entrypoint_type=EntrypointType.MODULE_PATH,
        description=f"{', '.join(Path(path).name for path in parameters['paths'])}: {times.cron} {times.timezone}",
    )
    serve(deployment, print_starting_message=False)
