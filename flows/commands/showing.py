"""`muniment show` and `report`: what a document says, on its own pages, and what all of them say, in charts."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    DEFAULT_DATABASE,
    Database,
    PasswordsFile,
    Today,
    check_folder,
    check_output,
    checked_day,
    need_database,
    opened_passwords,
)
from schemas.errors import StoreError


def show(
    document: Annotated[str, typer.Argument(help="A document's id, the beginning of one, or its file name.")],
    database: Database = DEFAULT_DATABASE,
    file: Annotated[
        Path | None, typer.Option(help="The document's file; needed for pictures of a de-identified document.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The HTML file; default: NAME.evidence.html.")] = None,
    passwords: PasswordsFile = None,
) -> None:
    """Write one document as an HTML page: its pages beside its findings, each with its words highlighted."""
    from flows.evidence_page import evidence_page
    from flows.stages.audit import record
    from flows.stages.database import private_files
    from flows.stages.evidence import gather_evidence
    from flows.stages.painter import painter
    from flows.worker import reading_limits

    need_database(database)
    opening = opened_passwords(passwords)
    evidence = gather_evidence(database, document)
    target = output or Path(f"{Path(evidence.name).stem}.evidence.html")
    check_output(target)
    record(database, "show", evidence.document_id)
    with painter(reading_limits(), opening) as drawing:
        pages = range(len(evidence.pages))
        drawn = drawing.draw(file or evidence.path, evidence.document_id, pages, evidence.allowed)
    with private_files():
        target.write_text(evidence_page(evidence, drawn), encoding="utf-8", newline="\n")
    typer.echo(f"{target}: {len(evidence.pages)} pages" + (f"; {drawn.missing}" if drawn.missing else ""))


def report(
    database: Database = DEFAULT_DATABASE,
    output: Annotated[Path, typer.Option(help="The HTML file.")] = Path("portfolio.html"),
    evidence: Annotated[
        Path | None, typer.Option(help="Write every document's evidence page into this folder, and link to it.")
    ] = None,
    today: Today = None,
    passwords: PasswordsFile = None,
) -> None:
    """Write a dashboard of all documents as one HTML page: charts by domain, each beside its rows."""
    from domain_models import domains
    from flows.evidence_folder import evidence_files, write_evidence
    from flows.portfolio_page import portfolio_page
    from flows.shown import steps_progress
    from flows.stages.audit import record
    from flows.stages.database import private_files
    from flows.stages.painter import painter
    from flows.stages.portfolio import gather_portfolio
    from flows.stages.publish import publish
    from flows.stages.store import open_store
    from flows.worker import reading_limits

    need_database(database)
    day = checked_day(today)
    check_output(output)
    check_folder(evidence)
    record(database, "report", day.isoformat() if evidence is None else f"{day.isoformat()} with evidence")
    # a database of an earlier version gets this version's views, unless a run holds it: then what is published must do
    with suppress(StoreError), open_store(database, domains().values()):
        publish(database)
    dashboard = gather_portfolio(database, domains().values(), day)
    links = {}
    if evidence is not None:
        files = evidence_files({one.id: one.name for one in dashboard.documents})
        with painter(reading_limits(), opened_passwords(passwords)) as drawing, steps_progress("evidence") as progress:
            write_evidence(database, evidence, files, drawing, progress)
        to_folder = Path(os.path.relpath(evidence, output.parent)).as_posix()
        links = {key: f"{to_folder}/{name}" for key, name in files.items()}
    with private_files():
        output.write_text(portfolio_page(dashboard, links), encoding="utf-8", newline="\n")
    typer.echo(f"{output}: {len(dashboard.documents)} documents")
