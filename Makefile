.PHONY: setup runtime test lint demo bench chaos docs

PYTHON ?= python3.11 python3.12 python3.13 python3.14 python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# The first of them that is there and new enough.
.venv/bin/python:
	@for python in $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "$$python -m venv .venv"; exec $$python -m venv .venv; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed; name yours: make PYTHON=/path/to/python3.12 ..." >&2; exit 1

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
	$(BIN)/pytest --numprocesses=3 --dist=worksteal $(TESTS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

demo: runtime
	@URL="$(URL)" FEED="$(FEED)" SERVE="$(SERVE)" $(BIN)/python -m demo

# The peers that `bench` measures us beside, apart from what the program needs.
.venv-bench/.peers: requirements/bench.txt .venv/.development
	$(BIN)/python -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --require-hashes --requirement requirements/bench.txt
	@touch $@

bench: .venv-bench/.peers
	$(BIN)/python -m benchmarks $(BENCH)

# CHAOS names one part with its options, such as "campaign --seed 7"; without it, all of them in their full form.
chaos: setup
	$(BIN)/python -m tests.chaos $(CHAOS)

docs: runtime
	$(BIN)/python -m commands.reference
