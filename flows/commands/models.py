"""`muniment models ...`: the base models."""

from typing import Annotated

import typer

models = typer.Typer(help="The base models: fetched once, verified, kept in the cache.", no_args_is_help=True)


@models.command("pull")
def models_pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="small, base, writer or hub:ORG/NAME@REVISION; default: small writer")
    ] = None,
) -> None:
    """Fetch base models into the cache and verify them."""
    from domain_models.runtime.weights import pull
    from flows.settings import settings

    for pulled in pull(
        names or ["small", "writer"], settings().cache, lambda name, step: typer.echo(f"{name}: {step}")
    ):
        typer.echo(f"{pulled.name}: ready, from {pulled.source}")
