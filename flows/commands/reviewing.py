"""`muniment review`, `calibrate` and `export-reviews`: people's decisions, and what they are good for."""

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
from schemas.errors import BadInput


def review(
    database: Database = DEFAULT_DATABASE,
    port: Annotated[int, typer.Option(help="The port on this machine; 0 takes a free one.")] = 0,
    reviewer: Annotated[str | None, typer.Option(help="Who decides; default: the name you are logged in by.")] = None,
    passwords: PasswordsFile = None,
) -> None:
    """Decide about findings in the browser, on this machine alone, until Ctrl-C."""
    import getpass

    from flows.review_room import review_room
    from flows.review_server import LOOPBACK, listen, new_token, serve
    from flows.stages.painter import painter

    need_database(database)
    name = (getpass.getuser() if reviewer is None else reviewer).strip()
    if not name:
        raise BadInput("a reviewer needs a name")
    limits, opening = reading_limits(), opened_passwords(passwords)
    with listen(port) as opened, painter(limits, opening) as drawing, review_room(database, name, drawing) as room:
        token = new_token()
        typer.echo(f"http://{LOOPBACK}:{opened.getsockname()[1]}/{token}/")
        serve(room, opened, token)
