"""`muniment search` and `index`: pages that say something, by their words or by what they mean."""

from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    DEFAULT_DATABASE,
    Database,
    Format,
    PasswordsFile,
    check_folder,
    need_database,
    opened_passwords,
    stoppable,
)
from schemas.errors import BadInput


class By(StrEnum):
    """What counts: the words, what they mean, or both."""

    words = "words"
    meaning = "meaning"
    both = "both"


def search(
    words: Annotated[str, typer.Argument(help="What the page should say.")],
    database: Database = DEFAULT_DATABASE,
    by: Annotated[By, typer.Option(help="words, meaning, or both; meaning is indexed by the first search.")] = By.words,
    domain: Annotated[str | None, typer.Option(help="Documents of this domain alone: legal or medical.")] = None,
    where: Annotated[str | None, typer.Option(help="A SQL condition on legal.contracts or medical.patients.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many pages at most.")] = 10,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,  # noqa: A002  # the option's name
    evidence: Annotated[Path | None, typer.Option(help="Write the documents' evidence pages into this folder.")] = None,
    passwords: PasswordsFile = None,
) -> None:
    """Find the pages that say something, best first, each with the words that fit and where to see them."""
    from domain_models import domains, get_domain
    from flows.searching import Wanted, look_up, rows_with_commands, rows_with_pages
    from flows.shown import steps_progress
    from flows.stages.audit import record
    from flows.stages.painter import painter
    from flows.stages.query import format_result
    from flows.worker import reading_limits

    need_database(database)
    check_folder(evidence)
    if domain is not None:
        get_domain(domain)
    record(database, "search", f"sha256:{sha256(words.encode()).hexdigest()}")
    with stoppable():
        wanted = Wanted(words, by.value, domain, where, limit)
        hits, left_out = look_up(database, wanted, domains().values(), steps_progress)
        if evidence is None:
            rows = rows_with_commands(hits, database)
        else:
            with painter(reading_limits(), opened_passwords(passwords)) as drawing, steps_progress("evidence") as bar:
                rows = rows_with_pages(hits, database, evidence, drawing, bar)
    typer.echo(format_result(rows, format.value), nl=False)
    if left_out:
        typer.echo(f"{left_out} documents of the run under way are not searched yet", err=True)


def index(
    database: Database = DEFAULT_DATABASE,
    by: Annotated[By, typer.Option(help="words, meaning, or both.")] = By.both,
) -> None:
    """Make stored documents findable ahead of the first search; what is done is left alone."""
    from flows.meaning import Meaning
    from flows.searching import PARTS, bring_up_to_date
    from flows.shown import steps_progress
    from flows.stages.audit import record

    need_database(database)
    record(database, "index", by.value)
    with stoppable():
        left_out = bring_up_to_date(database, PARTS[by.value], Meaning(), steps_progress)
    if left_out:
        raise BadInput(f"a run is under way: {left_out} documents are not indexed yet; try again when it has ended")
    typer.echo(f"every document can be found by {by.value if by != By.both else 'words and meaning'}")
