"""Words that make no command: one line with what can be given and where the help is, and exit code 1."""

from importlib.metadata import version
from pathlib import Path

import pytest

from schemas.migrate import schema_version
from tests.commands import error_line, muniment


@pytest.mark.parametrize(
    ("arguments", "beginning", "end"),
    [
        (("run",), "missing argument ", "; see `muniment run --help`"),
        (("run", ".", "--nope"), "no such option: --nope; have: --database, --domain, --tagger, ", "; see `muniment run --help`"),
        (("run", ".", "--databse", "x"), "no such option: --databse ", "; see `muniment run --help`"),
        (("run", ".", "--database"), "option '--database' requires an argument", "; see `muniment --help`"),
        (("sql", "q", "--format", "xml"), "invalid value for '--format': 'xml' is not one of 'table', 'csv', 'json'", "; see `muniment sql --help`"),
        (("search", "x", "--by", "sound"), "invalid value for '--by': 'sound' is not one of 'words', 'meaning', 'both'", "; see `muniment search --help`"),
        (("ask", "q", "--limit", "-1"), "invalid value for '--limit': ", "; see `muniment ask --help`"),
        (("ask", "q", "--limit", "many"), "invalid value for '--limit': ", "; see `muniment ask --help`"),
        (("sql", "SELECT", "1"), "got unexpected extra argument", "; see `muniment sql --help`"),
        (("rn", "."), "no such command 'rn'", ", bench; see `muniment --help`"),
        (("models", "push"), "no such command 'push'", "; have: pull; see `muniment models --help`"),
        (("bench", "--nope", "."), "no such option: --nope", "; see `muniment bench stages --help`"),
        (("bench", "parse"), "missing argument ", "; see `muniment bench parse --help`"),
        (("bench", ".", "--limit", "0"), "invalid value for '--limit': ", "; see `muniment bench stages --help`"),
        (("bench", "parse", ".", "--limit", "-3"), "invalid value for '--limit': ", "; see `muniment bench parse --help`"),
        (("evaluate", "legal"), "missing option '--data'", "; see `muniment evaluate --help`"),
        (("review", "--port", "70000"), "invalid value for '--port': ", "; see `muniment review --help`"),
    ],
)  # fmt: skip
def test_wrong_words_are_one_line(arguments: tuple[str, ...], beginning: str, end: str, tmp_path: Path) -> None:
    said = error_line(muniment(*arguments, cwd=tmp_path))
    assert said.startswith(beginning), said
    assert said.endswith(end), said
    assert "Value error" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("group", [(), ("bench",), ("models",)])
def test_a_group_alone_tells_its_commands(group: tuple[str, ...], tmp_path: Path) -> None:
    done = muniment(*group, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Usage: {' '.join(('muniment', *group))} ")


def test_bench_tells_its_short_form(tmp_path: Path) -> None:
    done = muniment("bench", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "`muniment bench PATH` is short for `muniment bench stages PATH`" in " ".join(done.stdout.split())


def test_the_version_is_told_with_the_databases(tmp_path: Path) -> None:
    done = muniment("--version", cwd=tmp_path)
    said = f"muniment {version('muniment')}, database schema {schema_version()}\n"
    assert (done.returncode, done.stdout) == (0, said)
