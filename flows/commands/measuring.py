"""`muniment evaluate` and `bench`: how right and how fast it is."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from flows.commands.options import TaggerName, WriterName, check_paths, stoppable
from schemas.errors import BadInput

STOPPED = "interrupted; nothing is stored by measuring"


class StagesUnlessNamed(typer.core.TyperGroup):
    """`muniment bench PATH` is short for `muniment bench stages PATH`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments with the default command in front where none is named."""
        named = not args or args[0] == "--help" or args[0] in self.commands
        return super().parse_args(ctx, args if named else ["stages", *args])


bench = typer.Typer(
    cls=StagesUnlessNamed,
    help="How fast it is, over your own documents. `muniment bench PATH` is short for `muniment bench stages PATH`.",
    no_args_is_help=True,
)


def evaluate(
    domain: Annotated[str, typer.Argument(help="legal, medical, deidentify or summaries.")],
    data: Annotated[Path, typer.Option(help="A labelled file, .jsonl or .jsonl.gz.")],
    tagger: TaggerName = "small",
    from_pdf: Annotated[bool, typer.Option("--from-pdf", help="Read the rows' PDFs, not their text.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Summaries: at most so many rows.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    writer: WriterName = "writer",
) -> None:
    """Measure a domain's tagger, de-identification, or the writer's descriptions, on a labelled file."""
    from domain_models import get_domain

    if domain == "deidentify":
        _evaluate_masking(data, as_json)
        return
    if domain == "summaries":
        _evaluate_summaries(data, limit, as_json, writer)
        return
    measured = get_domain(domain)
    if not data.is_file():
        raise BadInput(f"no labelled file at {data}")
    from flows.evaluate import evaluate_domain
    from flows.shown import show_measures, steps_progress

    with stoppable(STOPPED), steps_progress("documents") as advance:
        measures = evaluate_domain(measured, tagger, data, from_pdf, advance)
    typer.echo(json.dumps(measures)) if as_json else show_measures(measures)


def _evaluate_summaries(data: Path, limit: int | None, as_json: bool, writer: str) -> None:
    from domain_models.runtime.weights import writer_name
    from flows.evaluate_summaries import domain_of, evaluate_summaries, read_described
    from flows.shown import show_measures, steps_progress

    chosen = writer_name(writer)
    rows = read_described(data)[:limit]
    domain = domain_of(rows, data)
    with stoppable(STOPPED), steps_progress("descriptions") as advance:
        measures = evaluate_summaries(rows, domain, advance, chosen)
    typer.echo(json.dumps(measures)) if as_json else show_measures(measures)


def _evaluate_masking(data: Path, as_json: bool) -> None:
    from domain_models.deidentify.evaluate import evaluate_file
    from flows.shown import show_measures

    if not data.is_file():
        raise BadInput(f"no labelled file at {data}")
    measures = evaluate_file(data)
    typer.echo(json.dumps(measures)) if as_json else show_measures(measures)


@bench.command("stages")
def bench_each_stage(
    paths: Annotated[list[Path], typer.Argument(help="PDFs, or folders of them.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many documents.")] = 20,
    domain: Annotated[str, typer.Option(help="legal or medical.")] = "legal",
    tagger: TaggerName = "small",
    summaries: Annotated[
        bool, typer.Option("--summaries", help="Have the writer summarise each document too.")
    ] = False,
) -> None:
    """Pages a second and seconds a document of each stage and of the whole, and the memory that it took."""
    from domain_models import get_domain
    from flows.bench import bench_stages
    from flows.models import ModelChoice
    from flows.peak_memory import peak_memory
    from flows.shown import show_rows

    check_paths(paths)
    with stoppable(STOPPED), peak_memory() as peak:
        show_rows(bench_stages(paths, limit, get_domain(domain), ModelChoice(tagger, summaries=summaries)))
    typer.echo(f"peak memory: {peak.held / 1e9:.2f} GB, of this process and all that it started")


@bench.command("parse")
def bench_reading(
    paths: Annotated[list[Path], typer.Argument(help="PDFs, or folders of them.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many documents.")] = 50,
) -> None:
    """Pages a second of reading beside pypdf alone and, where it is installed, pdfplumber; on one core."""
    from flows.bench_readers import bench_readers
    from flows.shown import show_rows

    check_paths(paths)
    with stoppable(STOPPED):
        show_rows(bench_readers(paths, limit))


@bench.command("writer")
def bench_writing(
    prompts: Annotated[int, typer.Option(min=1, help="So many prompts.")] = 16,
    tokens: Annotated[int, typer.Option(min=1, help="At most so many tokens an answer.")] = 48,
    writer: WriterName = "writer",
) -> None:
    """Tokens a second of the writer: batched and one by one, with and without its two short cuts."""
    from domain_models.runtime.weights import writer_name
    from flows.bench_writer import bench_writer
    from flows.shown import show_rows

    with stoppable(STOPPED):
        show_rows(bench_writer(prompts, tokens, writer_name(writer)))
