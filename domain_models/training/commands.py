"""What the commands take that work on a trained adapter and its recipe."""

import argparse
from pathlib import Path


def adapter_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser of recipe, `--data`, `--base`, `--adapter` and `--threads`; a command adds what is its own."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder that the recipe's files are relative to")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--adapter", type=Path, required=True, help="folder of the adapter")
    parser.add_argument("--threads", type=int, default=2)
    return parser
