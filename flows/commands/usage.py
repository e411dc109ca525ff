"""What is wrong with the words of a command, in one line: what was given, what can be given, and where the help is."""

from typing import Any

import typer

UsageError: type[Any] = typer.BadParameter.__bases__[0]
"""Typer's own base of everything that is wrong with the words of a command; it has no public name."""


def usage_line(error: Any) -> str:
    """The error as one line, as `muniment: ...` continues."""
    said = " ".join(error.format_message().replace("Value error, ", "").split()).removesuffix(".")
    said = said[:1].lower() + said[1:]
    if error.ctx is None:  # an option without its value
        return f"{said}; see `muniment --help`"
    have = _choices(said, error.ctx.command)
    listed = f"; have: {', '.join(have)}" if have else ""
    return f"{said}{listed}; see `{error.ctx.command_path} --help`"


def is_help(error: Any) -> bool:
    """Whether nothing was said at all, which asks for help."""
    return error.ctx is not None and error.format_message() == error.ctx.get_help()


def _choices(said: str, command: Any) -> list[str]:
    """What could have been given where a name is unknown."""
    if said.startswith("no such command"):
        return list(command.commands)
    if said.startswith("no such option"):
        return [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    return []
