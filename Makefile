# make demo   three web shops and a till sell one pool  ARGS="--seconds 20"
# make test   style, types, layers, the whole suite   ARGS="-k tape"
# make bench  what it can do, measured beside something   ARGS="full --write"
# All need Python 3.11+ with venv, and nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
PINS   := .ci/constraints.txt

.PHONY: demo test check bench clean

demo: $(VENV)/made
	$(BIN)/stocksync demo $(ARGS)

test: $(VENV)/made-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --numprocesses auto --dist worksteal $(ARGS)

check: test

bench: $(VENV)/made-test
	$(BIN)/python -m bench $(ARGS)

$(VENV)/made: pyproject.toml $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stocksync needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint $(PINS) --editable .
	@touch $@

$(VENV)/made-test: $(VENV)/made
	$(PIP) install --constraint $(PINS) --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
