"""`muniment run` and `retry`: documents into the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    check_paths,
    checked_passwords,
    fail,
    need_database,
    stoppable,
)
from schemas.errors import BadInput

if TYPE_CHECKING:
    from flows.report import RunReport


def run(
    paths: Annotated[list[Path], typer.Argument(help="Folders, files or globs of documents.")],
    database: Database = DEFAULT_DATABASE,
    domain: DomainName = "auto",
    tagger: TaggerName = "small",
    summaries: WithSummaries = True,
    passwords: PasswordsFile = None,
    encrypt: Encrypt = False,
    parquet: Parquet = False,
    deidentify: Deidentify = False,
    writer: WriterName = "writer",
) -> None:
    """Read documents into the database; what is already there by the same versions is left alone."""
    from flows.stages.database import check_place

    check_paths(paths)
    check_place(database)
    checked_passwords(passwords)
    check_models(domain, tagger, writer)
    check_key(encrypt)
    from flows.process import process_documents
    from flows.shown import documents_progress

    with stoppable(), documents_progress():
        report = process_documents(
            [str(path) for path in paths],
            str(database),
            domain,
            tagger,
            summaries,
            passwords=checked_passwords(passwords),
            encrypt=encrypt,
            parquet=parquet,
            deidentify=deidentify,
            writer=writer,
        )
    _tell(report)


def _tell(report: "RunReport") -> None:
    """The report; a run of which every document failed has failed itself, for whoever only looks at the exit code."""
    from flows.shown import show_report

    show_report(report)
    if report.nothing_stored:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in report.failures.items())
        fail(f"nothing was stored: {reasons}; `muniment status` names the files", 1)


def check_models(domain: str, tagger: str, writer: str) -> None:
    """Say at once that there is no such domain, tagger or writer."""
    from domain_models import domains, get_domain
    from domain_models.runtime.weights import writer_name
    from domain_models.tagging import plan_span_source
    from flows.batch import AUTO

    if domain != AUTO:
        get_domain(domain)
    for installed in domains().values():
        plan_span_source(installed, tagger)
    writer_name(writer)


def retry(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Where the documents are; needed where the database is de-identified.")
    ] = None,
    database: Database = DEFAULT_DATABASE,
    domain: DomainName = "auto",
    tagger: TaggerName = "small",
    summaries: WithSummaries = True,
    passwords: PasswordsFile = None,
    encrypt: Encrypt = False,
    parquet: Parquet = False,
    deidentify: Deidentify = False,
    writer: WriterName = "writer",
) -> None:
    """Take up the documents that failed once more."""
    from flows.process import process_documents
    from flows.shown import documents_progress

    need_database(database)
    check_paths(paths or [])
    check_models(domain, tagger, writer)
    check_key(encrypt)
    again = [str(path) for path in paths] if paths else _failed_paths(database, encrypt)
    if not again:
        typer.echo("no failed document to retry")
        return
    with stoppable(), documents_progress():
        report = process_documents(
            again,
            str(database),
            domain,
            tagger,
            summaries,
            retry=True,
            passwords=checked_passwords(passwords),
            encrypt=encrypt,
            parquet=parquet,
            deidentify=deidentify,
            writer=writer,
        )
    _tell(report)


def _failed_paths(database: Path, encrypt: bool) -> list[str]:
    """Where the files that failed are, as far as they are there; a de-identified database does not know."""
    from flows.stages.store import open_store

    with open_store(database, encrypt=encrypt) as store:
        failed = [failure.path for failure in store.open_failures()]
        if failed and store.is_deidentified():
            raise BadInput(
                f"{database} is de-identified and keeps no paths; name the folders: muniment retry PATH --deidentify"
            )
    places = [_on_disk(path) for path in failed]
    if None in places:
        typer.echo(f"{places.count(None)} failed files are no longer where they were")
    return sorted({str(place) for place in places if place})


def _on_disk(path: str) -> Path | None:
    """The file itself, or the archive that it is in; None where neither is there any more."""
    return next((place for place in (Path(path), *Path(path).parents) if place.is_file()), None)
