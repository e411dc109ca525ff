"""Measures of reading that take minutes, each a command: `python -m tests.benchmarks.NAME`; short versions are tests."""
