"""The stages as Prefect tasks: policy only. A task works on one shard of documents and passes ids on."""

from prefect import task

from flows.desk import Desk

# Retries cover what passes (a busy disk); a bad document is a stored failure inside the stage, not an exception.
parse = task(Desk.parse, name="parse", retries=1, retry_delay_seconds=2)
extract = task(Desk.extract, name="extract", retries=1, retry_delay_seconds=2, tags=["model"])
summarize = task(Desk.summarize, name="summarize", retries=1, retry_delay_seconds=2, tags=["model"])
