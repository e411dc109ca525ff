"""The stages as Prefect tasks: policy only. A task works on one shard of documents and passes ids on."""

from prefect import Task, task

from flows.desk import Desk, Outcome

# Retries cover what passes (a busy disk); a bad document is a stored failure inside the stage, not an exception.
parse: Task[..., Outcome] = task(name="parse", retries=1, retry_delay_seconds=2)(Desk.parse)
extract: Task[..., Outcome] = task(name="extract", retries=1, retry_delay_seconds=2, tags=["model"])(Desk.extract)
summarize: Task[..., Outcome] = task(name="summarize", retries=1, retry_delay_seconds=2, tags=["model"])(Desk.summarize)
