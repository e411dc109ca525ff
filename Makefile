# Two commands: `make demo` and `make test`. Both set up what they need first.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
DEMO := demo.duckdb

.PHONY: setup models demo test check clean

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

models: setup
	$(BIN)/muniment models pull

demo: models
	$(BIN)/muniment run sample_docs --database $(DEMO)
	$(BIN)/muniment sql --database $(DEMO) --named contract_terms
	$(BIN)/muniment sql --database $(DEMO) --named liability_and_exit
	$(BIN)/muniment sql --database $(DEMO) --named current_medications
	$(BIN)/muniment sql --database $(DEMO) --named test_results
	$(BIN)/muniment verify --database $(DEMO)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check models
	$(BIN)/python -m pytest

clean:
	rm -rf $(VENV) $(DEMO) published
