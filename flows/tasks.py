"""The stages as Prefect tasks: policy only. A task works on one shard of documents and passes ids on."""

from collections.abc import Mapping

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from flows.desk import Desk, Outcome
from flows.worker_process import STAGES, Parcel, perform

# No cache: what is done stands in the database, and a store cannot be hashed.
# No tags: Prefect asks its server for each of them, before every task, whether there is a limit to keep to.
# Retries cover what passes (a busy disk); a bad document is a stored failure inside the stage, not an exception.
parse: Task[..., Outcome] = task(name="parse", retries=1, retry_delay_seconds=2, cache_policy=NO_CACHE)(Desk.parse)
tag: Task[..., Outcome] = task(name="tag", retries=1, retry_delay_seconds=2, cache_policy=NO_CACHE)(Desk.tag)
extract: Task[..., Outcome] = task(name="extract", retries=1, retry_delay_seconds=2, cache_policy=NO_CACHE)(
    Desk.extract
)
summarize: Task[..., Outcome] = task(name="summarize", retries=1, retry_delay_seconds=2, cache_policy=NO_CACHE)(
    Desk.summarize
)

# What a worker process does for one of the above. Its parcels hold text, so that no result is kept, whatever Prefect's
# settings say; the task that waits for it is the one that tries again.
AT_WORKERS: Mapping[str, Task[..., Parcel]] = {
    stage: task(name=f"{stage} at a worker", persist_result=False, cache_result_in_memory=False, cache_policy=NO_CACHE)(
        perform
    )
    for stage in STAGES
}
