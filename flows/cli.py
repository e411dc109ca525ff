"""`muniment ...`: reads arguments, calls one function, shows what came out. Heavy imports wait for their command."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.core

from flows.settings import prepare_environment
from schemas.errors import BadInput, MunimentError

app = typer.Typer(
    name="muniment",
    help="Reads folders of contracts and medical records into DuckDB, each value with the words that prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models = typer.Typer(help="The base models: fetched once, verified, kept in the cache.", no_args_is_help=True)
app.add_typer(models, name="models")


class StagesUnlessNamed(typer.core.TyperGroup):
    """`muniment bench PATH` is short for `muniment bench stages PATH`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments with the default command in front where none is named."""
        named = not args or args[0].startswith("-") or args[0] in self.commands
        return super().parse_args(ctx, args if named else ["stages", *args])


bench = typer.Typer(cls=StagesUnlessNamed, help="How fast it is, over your own documents.", no_args_is_help=True)
app.add_typer(bench, name="bench")

Database = Annotated[Path, typer.Option("--database", help="The DuckDB file.")]
PasswordsFile = Annotated[
    Path | None, typer.Option("--passwords", help="A file with a glob and a password a line, for encrypted documents.")
]
DEFAULT_DATABASE = Path("muniment.duckdb")


class Format(StrEnum):
    """How rows are shown."""

    table = "table"
    csv = "csv"
    json = "json"


@models.command("pull")
def models_pull(
    names: Annotated[list[str] | None, typer.Argument(help="small, base, writer; default: small writer")] = None,
) -> None:
    """Fetch base models into the cache and verify them."""
    from domain_models.runtime.weights import pull
    from flows.settings import settings

    for pulled in pull(
        names or ["small", "writer"], settings().cache, lambda name, step: typer.echo(f"{name}: {step}")
    ):
        typer.echo(f"{pulled.name}: ready, from {pulled.source}")


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(help="Folders, files or globs of documents.")],
    database: Database = DEFAULT_DATABASE,
    domain: Annotated[str, typer.Option(help="auto, or the name of a domain: legal, medical.")] = "auto",
    tagger: Annotated[str, typer.Option(help="small, base, or the folder of an adapter.")] = "small",
    summaries: Annotated[bool, typer.Option(help="Write a summary of each document.")] = True,
    passwords: PasswordsFile = None,
) -> None:
    """Read documents into the database; what is already there by the same versions is left alone."""
    from domain_models import domains, get_domain
    from domain_models.tagging import plan_span_source
    from flows.batch import AUTO

    _check_paths(paths)
    _checked(passwords)
    if domain != AUTO:
        get_domain(domain)
    for installed in domains().values():
        plan_span_source(installed, tagger)
    from flows.process import process_documents
    from flows.shown import documents_progress, show_report

    with _stoppable(), documents_progress():
        report = process_documents(
            [str(path) for path in paths], str(database), domain, tagger, summaries, passwords=_checked(passwords)
        )
    show_report(report)


@app.command()
def retry(
    database: Database = DEFAULT_DATABASE,
    domain: Annotated[str, typer.Option(help="auto, or the name of a domain: legal, medical.")] = "auto",
    tagger: Annotated[str, typer.Option(help="small, base, or the folder of an adapter.")] = "small",
    summaries: Annotated[bool, typer.Option(help="Write a summary of each document.")] = True,
    passwords: PasswordsFile = None,
) -> None:
    """Take up the documents that failed once more."""
    from flows.process import process_documents
    from flows.shown import documents_progress, show_report
    from flows.stages.store import open_store

    _need(database)
    with open_store(database) as store:
        paths = [failure.path for failure in store.open_failures() if Path(failure.path).exists()]
    if not paths:
        typer.echo("no failed document to retry")
        return
    with _stoppable(), documents_progress():
        report = process_documents(paths, str(database), domain, tagger, summaries, True, _checked(passwords))
    show_report(report)


@app.command()
def sql(
    query: Annotated[str | None, typer.Argument(help="One SELECT statement.")] = None,
    named: Annotated[str | None, typer.Option(help="A query by name instead; `muniment queries` lists them.")] = None,
    database: Database = DEFAULT_DATABASE,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,  # noqa: A002  # the option's name
) -> None:
    """Ask a question in SQL of the last published state."""
    from domain_models import domains
    from domain_models.queries import get_query
    from flows.stages.query import format_result, run_query

    if (query is None) == (named is None):
        raise BadInput("give either a SELECT statement or --named NAME")
    _need(database)
    statement = query or get_query(named or "", domains().values()).sql
    typer.echo(format_result(run_query(database, statement), format.value), nl=False)


@app.command()
def queries() -> None:
    """The questions that have a name, and what each answers."""
    from domain_models import domains
    from domain_models.queries import named_queries
    from flows.shown import show_rows

    have = named_queries(domains().values())
    show_rows([{"name": q.name, "domain": q.domain, "question": q.question} for q in have.values()])


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="A document's id, the beginning of one, or its file name.")],
    database: Database = DEFAULT_DATABASE,
    output: Annotated[Path | None, typer.Option(help="The HTML file; default: NAME.evidence.html.")] = None,
) -> None:
    """Write one document as an HTML page: its pages beside its findings, each with its words highlighted."""
    from flows.evidence_page import evidence_page
    from flows.stages.database import private_files
    from flows.stages.evidence import gather_evidence
    from flows.stages.page_pictures import draw_pages

    _need(database)
    evidence = gather_evidence(database, document)
    target = output or Path(f"{Path(evidence.name).stem}.evidence.html")
    drawn = draw_pages(evidence.path, evidence.document_id, len(evidence.pages))
    with private_files():
        target.write_text(evidence_page(evidence, drawn), encoding="utf-8", newline="\n")
    typer.echo(f"{target}: {len(evidence.pages)} pages" + (f"; {drawn.missing}" if drawn.missing else ""))


@app.command()
def verify(database: Database = DEFAULT_DATABASE) -> None:
    """Check every promise on the stored data; exit with 1 and the offending ids if one is broken."""
    from domain_models import domains
    from flows.stages.verify import verify as find_breaches

    _need(database)
    breaches = find_breaches(database, domains().values())
    for breach in breaches:
        typer.echo(f"{breach.promise}: {breach.detail}: {', '.join(breach.ids)}")
    if breaches:
        raise typer.Exit(1)
    typer.echo("every promise holds")


@app.command()
def status(database: Database = DEFAULT_DATABASE) -> None:
    """Documents by state, failures by reason."""
    from flows.shown import show_status

    _need(database)
    show_status(database)


@app.command()
def evaluate(
    domain: Annotated[str, typer.Argument(help="legal or medical.")],
    data: Annotated[Path, typer.Option(help="A labelled file, .jsonl or .jsonl.gz.")],
    tagger: Annotated[str, typer.Option(help="small, base, or the folder of an adapter.")] = "small",
    from_pdf: Annotated[bool, typer.Option("--from-pdf", help="Read the rows' PDFs, not their text.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a domain's tagger on a labelled file."""
    from domain_models import get_domain

    measured = get_domain(domain)
    if not data.is_file():
        raise BadInput(f"no labelled file at {data}")
    from flows.evaluate import evaluate_domain
    from flows.shown import show_measures, steps_progress

    with steps_progress("documents") as advance:
        measures = evaluate_domain(measured, tagger, data, from_pdf, advance)
    typer.echo(json.dumps(measures)) if as_json else show_measures(measures)


@bench.command("stages")
def bench_each_stage(
    paths: Annotated[list[Path], typer.Argument(help="PDFs, or folders of them.")],
    limit: Annotated[int, typer.Option(help="At most so many documents.")] = 20,
    domain: Annotated[str, typer.Option(help="legal or medical.")] = "legal",
    tagger: Annotated[str, typer.Option(help="small, base, or the folder of an adapter.")] = "small",
) -> None:
    """Pages a second of each stage and of the whole, without summaries."""
    from domain_models import get_domain
    from flows.bench import bench_stages
    from flows.shown import show_rows

    _check_paths(paths)
    show_rows(bench_stages(paths, limit, get_domain(domain), tagger))


@bench.command("parse")
def bench_reading(
    paths: Annotated[list[Path], typer.Argument(help="PDFs, or folders of them.")],
    limit: Annotated[int, typer.Option(help="At most so many documents.")] = 50,
) -> None:
    """Pages a second of reading beside pypdf alone and, where it is installed, pdfplumber; on one core."""
    from flows.bench_readers import bench_readers
    from flows.shown import show_rows

    _check_paths(paths)
    show_rows(bench_readers(paths, limit))


def _check_paths(paths: list[Path]) -> None:
    """Say at once what is not there, before anything is loaded."""
    for path in paths:
        if not path.exists() and not any(mark in str(path) for mark in "*?["):
            raise BadInput(f"no file or folder at {path}")


def _checked(passwords: Path | None) -> str:
    """The file's path, once it is known to be usable; empty where none was given."""
    from flows.stages.reading.passwords import load_passwords

    if passwords is None:
        return ""
    load_passwords(passwords)
    return str(passwords)


def _need(database: Path) -> None:
    if not database.is_file():
        raise BadInput(f"no database at {database}; make one with `muniment run FOLDER --database {database}`")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except MunimentError as error:
        _fail(str(error), 1)
    except MemoryError:
        _fail("out of memory; set MUNIMENT_SHARD_SIZE lower or read fewer documents at once", 1)
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        _fail(f"{error.strerror or type(error).__name__}{place}", 1)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C ends a run at once; the database holds whole stages only."""
    try:
        yield
    except KeyboardInterrupt:
        _fail("interrupted; what was stored stays, run the same command again to go on", 130)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"muniment: {message}", err=True)
    raise SystemExit(code)


def main() -> None:
    """The entry point: one clear line instead of a traceback for every error that has a name."""
    prepare_environment()
    with _one_line_errors():
        app()


if __name__ == "__main__":
    main()
