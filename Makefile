.PHONY: setup runtime test lint demo bench docs

PYTHON ?= python3.11
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

# What the program needs to run; enough for the demo.
.venv/.runtime: requirements/runtime.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/runtime.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What the tests need as well.
.venv/.development: requirements/development.txt .venv/.runtime
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/development.txt
	@touch $@

setup: .venv/.development

runtime: .venv/.runtime

test: setup
	$(BIN)/pytest --numprocesses=2 --dist=worksteal $(TESTS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

demo: runtime
	@URL="$(URL)" FEED="$(FEED)" SERVE="$(SERVE)" $(BIN)/python -m demo

bench: setup
	$(BIN)/python -m benchmarks

docs: runtime
	$(BIN)/python -m commands.reference
