"""Passwords for documents, from a file of one glob and one password a line. Never shown, stored or logged."""

import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from schemas.errors import BadInput


@dataclass(frozen=True, slots=True)
class Passwords:
    """Globs over names or whole paths, each with the password to try; in the order of the file."""

    entries: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def matching(self, path: Path) -> tuple[str, ...]:
        """The passwords to try on this document."""
        names = (path.name, str(path))
        return tuple(password for glob, password in self.entries if any(fnmatch(name, glob) for name in names))


def load_passwords(path: Path) -> Passwords:
    """The passwords of a file; quotes hold spaces together, `#` begins a comment. Raises BadInput naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read the passwords file {str(path)!r}") from error
    entries = [_entry(line, f"{path}:{number}") for number, line in enumerate(lines, start=1)]
    return Passwords(tuple(entry for entry in entries if entry is not None))


def _entry(line: str, place: str) -> tuple[str, str] | None:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise BadInput(f"{place}: a quote is not closed") from error
    if not words:
        return None
    if len(words) != 2:
        raise BadInput(f"{place}: want a glob and a password, found {len(words)} words")
    return words[0], words[1]
