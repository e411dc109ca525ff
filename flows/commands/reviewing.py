"""`muniment review`, `calibrate` and `export-reviews`: people's decisions, and what they are good for."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    DEFAULT_DATABASE,
    Database,
    PasswordsFile,
    check_output,
    need_database,
    opened_passwords,
)
from schemas.errors import BadInput


def review(
    database: Database = DEFAULT_DATABASE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on this machine; 0 takes a free one.")] = 0,
    reviewer: Annotated[str | None, typer.Option(help="Who decides; default: the name you are logged in by.")] = None,
    passwords: PasswordsFile = None,
) -> None:
    """Decide about findings in the browser, on this machine alone, until Ctrl-C."""
    import getpass

    from flows.review_room import review_room
    from flows.review_server import LOOPBACK, listen, new_token, serve
    from flows.stages.audit import record
    from flows.stages.painter import painter
    from flows.worker import reading_limits

    need_database(database)
    name = (getpass.getuser() if reviewer is None else reviewer).strip()
    if not name:
        raise BadInput("a reviewer needs a name")
    record(database, "review")
    limits, opening = reading_limits(), opened_passwords(passwords)
    with listen(port) as opened, painter(limits, opening) as drawing, review_room(database, name, drawing) as room:
        token = new_token()
        typer.echo(f"http://{LOOPBACK}:{opened.getsockname()[1]}/{token}/")
        serve(room, opened, token)


Reserved = Annotated[
    list[Path] | None,
    typer.Option(help="A list of documents to leave out (a SHA-256 or file name a line), or a labelled file."),
]


def calibrate(database: Database = DEFAULT_DATABASE, reserved: Reserved = None) -> None:
    """Fit the probabilities to people's decisions, where these are enough; later runs on this database use the fit."""
    from flows.stages.audit import record
    from flows.stages.calibrate import calibrate as fit_decisions
    from flows.stages.calibrate import recalibrations_path
    from flows.stages.export_reviews import Reserved as Listed
    from flows.stages.export_reviews import reserved_ids

    need_database(database)
    record(database, "calibrate")
    fitted = fit_decisions(database, reserved_ids(database, Listed(reserved)) if reserved else ())
    for one in fitted:
        told = f"{one.domain}, tagger {one.tagger}: {one.decisions} decisions"
        losses = f", log loss {one.before:.3f} before and {one.after:.3f} after" if one.before else ""
        typer.echo(f"{told}{losses}: {f'not kept: {one.refused}' if one.refused else 'kept'}")
    if not fitted:
        typer.echo("no decisions about a tagger's findings yet; make some with `muniment review`")
    elif any(not one.refused for one in fitted):
        typer.echo(f"{recalibrations_path(database)}: used by the next `muniment run`")


def export_reviews(
    domain: Annotated[str, typer.Argument(help="legal or medical.")],
    output: Annotated[Path, typer.Option(help="The labelled file to write, .jsonl.")],
    reserved: Annotated[
        list[Path], typer.Option(help="As for calibrate; wanted here, so that no reserved document is learned from.")
    ],
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Write the documents that people have decided about as a whole as labelled data for training."""
    from domain_models import get_domain
    from flows.stages.audit import record
    from flows.stages.database import private_files
    from flows.stages.export_reviews import Reserved as Listed
    from flows.stages.export_reviews import export_reviews as export

    chosen = get_domain(domain)
    need_database(database)
    check_output(output)
    record(database, "export", chosen.name)
    with private_files():
        done = export(database, chosen, output, Listed(reserved))
    typer.echo(f"{output}: {done.written} documents; {done.unfinished} with open fields left out")
    for name in done.refused:
        typer.echo(f"refused: {name} is reserved")
