"""`muniment show`: what a document says, on its own pages."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    DEFAULT_DATABASE,
    Database,
    PasswordsFile,
    need_database,
    opened_passwords,
    reading_limits,
)


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
    from flows.stages.database import private_files
    from flows.stages.evidence import gather_evidence
    from flows.stages.painter import painter

    need_database(database)
    opening = opened_passwords(passwords)
    evidence = gather_evidence(database, document)
    target = output or Path(f"{Path(evidence.name).stem}.evidence.html")
    with painter(reading_limits(), opening) as drawing:
        pages = range(len(evidence.pages))
        drawn = drawing.draw(file or evidence.path, evidence.document_id, pages, evidence.allowed)
    with private_files():
        target.write_text(evidence_page(evidence, drawn), encoding="utf-8", newline="\n")
    typer.echo(f"{target}: {len(evidence.pages)} pages" + (f"; {drawn.missing}" if drawn.missing else ""))
