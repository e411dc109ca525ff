"""`muniment ...`: reads arguments, calls one function, shows what came out. Heavy imports wait for their command."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated

import typer

from domain_models import use_custom_fields
from flows.commands import asking, measuring, protecting, reviewing, running, searching, serving, showing
from flows.commands.models import models
from flows.commands.options import fail
from flows.commands.usage import UsageError, is_help, usage_line
from flows.interrupt import plain_interrupts
from flows.settings import prepare_environment, settings
from schemas.errors import MunimentError

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ends."""

app = typer.Typer(
    name="muniment",
    help="Reads folders of contracts and medical records into DuckDB, each value with the words that prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        from schemas.migrate import schema_version

        typer.echo(f"muniment {version('muniment')}, database schema {schema_version()}")
        raise typer.Exit


@app.callback()
def about(
    _: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version and exit.")
    ] = False,
) -> None:
    """What is asked of `muniment` itself."""


app.add_typer(models, name="models")
for command in (
    running.run,
    running.retry,
    serving.serve,
    asking.ask,
    asking.sql,
    asking.queries,
    searching.search,
    searching.index,
    asking.diff,
    showing.show,
    showing.report,
    reviewing.review,
    reviewing.calibrate,
    reviewing.export_reviews,
    asking.verify,
    asking.status,
    protecting.encrypt,
    measuring.evaluate,
):
    app.command()(command)
app.add_typer(measuring.bench, name="bench")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        with plain_interrupts():
            yield
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except UsageError as error:
        if is_help(error):
            typer.echo(str(error), err=True)
            raise SystemExit(1) from None
        fail(usage_line(error), 1)
    except MunimentError as error:
        fail(str(error), 1)
    except MemoryError:
        fail("out of memory; set MUNIMENT_SHARD_SIZE lower or read fewer documents at once", 1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a full disk has not taken would be complained of at exit
        place = f": {error.filename}" if error.filename else ""
        fail(f"{error.strerror or type(error).__name__}{place}", 1)


def _settle_streams() -> None:
    """What is told is UTF-8 in every locale, a file's name the bytes that it is. What was closed is opened on nothing:
    else a database could become what a library takes for standard error.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def main() -> None:
    """The entry point: one clear line instead of a traceback for every error that has a name."""
    _settle_streams()
    prepare_environment()
    logging.raiseExceptions = False  # a server that is gone has one line, not one for each log line that misses it
    with _one_line_errors():
        use_custom_fields(settings().fields)
        code = app(prog_name="muniment", standalone_mode=False)
        if code == INTERRUPTED:  # what Typer makes of Ctrl-C
            raise KeyboardInterrupt
        raise SystemExit(code)


if __name__ == "__main__":
    main()
