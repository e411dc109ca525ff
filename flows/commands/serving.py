"""`muniment serve`: inboxes read by the clock."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    DEFAULT_DATABASE,
    Database,
    Deidentify,
    DomainName,
    Encrypt,
    Parquet,
    PasswordsFile,
    TaggerName,
    WithSummaries,
    WriterName,
    check_key,
    checked_passwords,
)
from schemas.errors import BadInput


def serve(
    inboxes: Annotated[list[Path], typer.Argument(help="Folders to look into.")],
    database: Database = DEFAULT_DATABASE,
    cron: Annotated[str | None, typer.Option(help="When: minute hour day month weekday. [MUNIMENT_CRON]")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name of its time zone. [MUNIMENT_TIMEZONE]")] = None,
    domain: DomainName = "auto",
    tagger: TaggerName = "small",
    summaries: WithSummaries = True,
    passwords: PasswordsFile = None,
    encrypt: Encrypt = False,
    parquet: Parquet = False,
    deidentify: Deidentify = False,
    writer: WriterName = "writer",
) -> None:
    """Read inboxes into the database by the clock, with Prefect's UI to watch; until Ctrl-C."""
    from domain_models.runtime.weights import writer_name
    from flows.commands.running import check_models
    from flows.settings import settings
    from flows.stages.database import check_place

    for inbox in inboxes:
        if not inbox.is_dir():
            raise BadInput(f"no folder at {inbox}; an inbox is a folder")
    check_place(database)
    check_models(domain, tagger, writer)
    check_key(encrypt)
    parameters = {
        "paths": [str(inbox.absolute()) for inbox in inboxes],
        "database": str(database.absolute()),
        "domain": domain,
        "tagger": tagger,
        "summaries": summaries,
        "passwords": checked_passwords(passwords and passwords.absolute()),
        "settle_seconds": settings().settle_seconds,
        "encrypt": encrypt,
        "parquet": parquet,
        "deidentify": deidentify,
        "writer": writer_name(writer),
    }
    from flows.schedule import Times, serve_documents
    from flows.server import lasting_server

    times = Times(settings().cron if cron is None else cron, settings().timezone if timezone is None else timezone)
    with suppress(KeyboardInterrupt), lasting_server() as address:
        typer.echo(f"serving at {times.cron!r} {times.timezone}; watch at {address.removesuffix('/api')}", err=True)
        serve_documents(database.stem, parameters, times)
    typer.echo("no longer serving", err=True)
