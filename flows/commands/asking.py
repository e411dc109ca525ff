"""`muniment ask`, `sql`, `queries`, `diff`, `status` and `verify`: what the database holds."""

from hashlib import sha256
from typing import Annotated

import typer

from flows.commands.options import (
    DEFAULT_DATABASE,
    Database,
    Format,
    Today,
    checked_day,
    need_database,
    stoppable,
)
from schemas.errors import BadInput


def ask(
    question: Annotated[str, typer.Argument(help="What each document is asked.")],
    document: Annotated[
        str | None, typer.Option(help="One document: its id, the beginning of one, or its name.")
    ] = None,
    where: Annotated[str | None, typer.Option(help="A SQL condition on legal.contracts or medical.patients.")] = None,
    domain: Annotated[str | None, typer.Option(help="Documents of this domain alone: legal or medical.")] = None,
    database: Database = DEFAULT_DATABASE,
    writer: Annotated[
        str | None,
        typer.Option(
            help="Let this model choose the words of each answer: writer, a folder, or hub:ORG/NAME@REVISION;"
            " without one whole sentences answer."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many documents at most, the nearest in meaning.")] = 10,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,  # noqa: A002  # the option's name
) -> None:
    """Ask each document a question; the answer is words of the document, or "not stated"."""
    from domain_models import domains, get_domain
    from domain_models.runtime.weights import writer_name
    from flows.answering import Query, answer_table, ask_documents
    from flows.shown import steps_progress
    from flows.stages.audit import record
    from flows.stages.query import format_result

    need_database(database)
    if domain is not None:
        get_domain(domain)
    writer = writer and writer_name(writer)
    record(database, "ask", f"sha256:{sha256(question.encode()).hexdigest()}")
    with stoppable():
        query = Query(question, document, where, domain, limit)
        told, left_out = ask_documents(database, query, list(domains().values()), steps_progress, writer)
    typer.echo(format_result(answer_table(told, database), format.value), nl=False)
    if left_out:
        typer.echo(f"{left_out} documents of the run under way are not asked yet", err=True)


def sql(
    query: Annotated[str | None, typer.Argument(help="One SELECT statement.")] = None,
    named: Annotated[str | None, typer.Option(help="A query by name instead; `muniment queries` lists them.")] = None,
    database: Database = DEFAULT_DATABASE,
    live: Annotated[bool, typer.Option("--live", help="Ask the run that is under way, where it serves.")] = False,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,  # noqa: A002  # the option's name
    today: Today = None,
) -> None:
    """Ask a question in SQL of the last published state, or of a run under way."""
    from domain_models import domains
    from domain_models.queries import get_query
    from flows.stages.audit import record
    from flows.stages.live import ask_live
    from flows.stages.query import format_result, run_query

    if (query is None) == (named is None):
        raise BadInput("give either a SELECT statement or --named NAME")
    need_database(database)
    statement = get_query(named or "", domains().values()).sql if query is None else query
    if not statement.strip():
        raise BadInput("the query is empty; give a SELECT statement, or --named NAME")
    record(database, "sql", named or f"sha256:{sha256(statement.encode()).hexdigest()}")
    day = checked_day(today)
    answer = (
        ask_live(database, statement.replace("$today", f"DATE '{day}'"))
        if live
        else run_query(database, statement, day)
    )
    typer.echo(format_result(answer, format.value), nl=False)


def queries() -> None:
    """The questions that have a name, and what each answers."""
    from domain_models import domains
    from domain_models.queries import named_queries
    from flows.shown import show_rows

    have = named_queries(domains().values())
    show_rows([{"name": q.name, "domain": q.domain, "question": q.question} for q in have.values()])


def diff(
    run_a: Annotated[str, typer.Argument(help="A run's id, or the beginning of one.")],
    run_b: Annotated[str, typer.Argument(help="Another run's.")],
    database: Database = DEFAULT_DATABASE,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,  # noqa: A002  # the option's name
) -> None:
    """Values and verdicts that changed between two runs, and which part's new version changed them."""
    from flows.stages.audit import record
    from flows.stages.compare import compare_runs
    from flows.stages.query import format_result

    need_database(database)
    compared = compare_runs(database, run_a, run_b)
    record(database, "diff", f"{compared.old} {compared.new}")
    typer.echo(format_result(compared.changes, format.value), nl=False)
    typer.echo(f"{len(compared.changes.rows)} changes from {compared.old} to {compared.new}", err=True)


def status(
    database: Database = DEFAULT_DATABASE,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Documents by state, failures by reason, and each file that failed: where, why, how often, in which version."""
    from flows.shown import show_status
    from flows.stages.audit import record

    need_database(database)
    record(database, "status")
    show_status(database, as_json)


def verify(database: Database = DEFAULT_DATABASE) -> None:
    """Check every promise on the stored data; exit with 1 and the offending ids if one is broken."""
    from domain_models import domains
    from flows.stages.audit import audit_head, record
    from flows.stages.verify import verify as find_breaches

    need_database(database)
    record(database, "verify")
    breaches = find_breaches(database, domains().values())
    for breach in breaches:
        typer.echo(f"{breach.promise}: {breach.detail}: {', '.join(breach.ids)}")
    if breaches:
        raise typer.Exit(1)
    uses, last = audit_head(database)
    typer.echo(f"audit: {uses} uses, the last one's hash is {last}")
    typer.echo("every promise holds")
