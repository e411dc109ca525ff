"""The house's own rules, held by reading the code: which way imports go, what may be used where, how long things get."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "domain_models", "flows")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CODE = [*SOURCES, *sorted((ROOT / "sample_docs").glob("*.py"))]
EVERYTHING = [*CODE, *sorted((ROOT / "tests").rglob("*.py"))]

MAY_IMPORT = {
    "schemas": {"schemas"},
    "domain_models": {"schemas", "domain_models"},
    "flows": {"schemas", "domain_models", "flows"},
}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "handler", "misc"}
MOST_FUNCTION_LINES = 50
MOST_FILE_LINES = 400
MOST_PARAMETERS = 5
# The user's own options: a command and the flow show them one by one, in `--help` and in the Prefect UI.
OPTIONS_ARE_PARAMETERS = ("flows/commands/", "flows/process.py:process_documents")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_go_one_way() -> None:
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in SOURCES
        for module in imports_of(path)
        if module.split(".")[0] in PACKAGES and module.split(".")[0] not in MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("torch", ("domain_models/runtime/", "domain_models/training/")),
        ("transformers", ("domain_models/runtime/", "domain_models/training/")),
        ("accelerate", ("domain_models/runtime/", "domain_models/training/")),
        (
            "prefect",
            (
                "flows/process.py",
                "flows/tasks.py",
                "flows/engines.py",
                "flows/runners.py",
                "flows/server.py",
                "flows/schedule.py",
                "flows/artifacts.py",
                "flows/evidence_links.py",
            ),
        ),
        ("typer", ("flows/cli.py", "flows/commands/")),
    ],
)
def test_a_library_stays_in_its_place(library: str, allowed: tuple[str, ...]) -> None:
    wrong = [
        name_of(path)
        for path in SOURCES
        if any(module.split(".")[0] == library for module in imports_of(path)) and not name_of(path).startswith(allowed)
    ]
    assert wrong == []


def test_only_settings_reads_the_environment() -> None:
    wrong = [
        name_of(path)
        for path in SOURCES
        if name_of(path) != "flows/settings.py"
        and any(
            isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert wrong == []


def test_no_domain_is_named_outside_its_folder() -> None:
    """A third domain is one new folder: nothing else may know a domain's name."""
    wrong = []
    for path in SOURCES:
        if name_of(path).startswith(("domain_models/legal/", "domain_models/medical/", "flows/commands/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in {"legal", "medical"}:
                wrong.append(f"{name_of(path)}:{node.lineno}")
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("domain_models.legal", "domain_models.medical")
            ):
                wrong.append(f"{name_of(path)}:{node.lineno}")
    assert wrong == []


def test_functions_fit_a_screen() -> None:
    wrong = [
        f"{name_of(path)}: {node.name} has {length} lines"
        for path in EVERYTHING
        for node in functions_of(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_FUNCTION_LINES
    ]
    assert wrong == []


def test_files_stop_at_400_lines() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERYTHING}
    assert {name: length for name, length in lengths.items() if length > MOST_FILE_LINES} == {}


def test_five_parameters_at_most() -> None:
    wrong = []
    for path in CODE:
        for node in functions_of(path):
            if f"{name_of(path)}:{node.name}".startswith(OPTIONS_ARE_PARAMETERS):
                continue
            named = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            if len([name for name in named if name not in {"self", "cls"}]) > MOST_PARAMETERS:
                wrong.append(f"{name_of(path)}: {node.name}")
    assert wrong == []


def test_every_module_and_public_function_says_what_it_is() -> None:
    wrong = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            wrong.append(name_of(path))
        wrong += [
            f"{name_of(path)}: {node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert wrong == []


def test_modules_have_names_that_say_something() -> None:
    assert [name_of(path) for path in EVERYTHING if path.stem in BANNED_NAMES] == []


def test_stages_know_no_prefect_and_flows_shadow_no_module() -> None:
    """Prefect puts `flows/` at the front of sys.path: a module there must not hide one of a dependency's."""
    import sys

    names = {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"}
    dependencies = {"prefect", "duckdb", "torch", "typer", "rich", "pydantic", "pyarrow", "jinja2", "spacy", "yaml"}
    assert names & (set(sys.stdlib_module_names) | dependencies) == set()
