"""The commands of `muniment`, a module a purpose; `flows.cli` puts them together."""
