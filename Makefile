# One word a task. `make demo` and `make test` are all a fresh machine needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check simulate test-process bench snapshots example lock clean

demo: $(INSTALLED)
	$(BIN)/mmtui demo

test: $(INSTALLED)
	$(BIN)/pytest -n 2 -m "not process" tests

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

simulate: $(INSTALLED)
	MMTUI_SEEDS=200 $(BIN)/pytest -n 2 tests/simulation -k hostile

test-process: $(INSTALLED)
	$(BIN)/pytest -n 2 -m process tests

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

snapshots: $(INSTALLED)
	$(BIN)/pytest -n 0 tests/console -k snapshot --snapshot-update

example: $(INSTALLED)
	$(BIN)/mmtui generate-config - > market_maker.toml.example

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header --only-binary :all: -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@
