# One word a task. `make demo` and `make test` are all a fresh machine needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SEEDS ?= 1000:3000
HOURS ?= 1
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check simulate truth soak-simulate test-process fuzz bench snapshots example lock clean bench-safety soak-kill soak-memory soak-terminal find-planted study compare

demo: $(INSTALLED)
	$(BIN)/mmtui demo

test: $(INSTALLED)
	$(BIN)/pytest -n 3 --dist worksteal -m "not process" tests

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

simulate: $(INSTALLED)
	$(BIN)/mmtui drill --seeds 0:200 --profile all --hours 0.5 -j 2 --complete
	MMTUI_PAIRS=20 MMTUI_DEATHS=1000 $(BIN)/pytest -n 2 tests/simulation -k "killed_again or same_run"

truth: $(INSTALLED)
	$(BIN)/python -m tests.truth

study: $(INSTALLED)
	@test -n "$(RECORDINGS)" || { echo 'give the files: make study RECORDINGS="FILE..."'; exit 2; }
	$(BIN)/python -m mmtui.research.study recordings $(RECORDINGS) --images docs/images --page docs/models-on-real-data.md

compare: $(INSTALLED)
	$(BIN)/python -m mmtui.research.study compare --hours $(HOURS) -j 2 --page docs/models-on-real-data.md

find-planted: $(INSTALLED)
	$(BIN)/python -m tests.simulation.planted
	$(BIN)/python -m tests.style.generated

soak-simulate: $(INSTALLED)
	$(BIN)/mmtui drill --seeds $(SEEDS) --profile all --hours 1 --intensity 5 --pace coarse -j 2 --json soak-simulate.json

test-process: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist worksteal -m process tests

bench-safety: $(INSTALLED)
	$(BIN)/python -m tests.process.measure_safety

soak-kill: $(INSTALLED)
	$(BIN)/python -m tests.process.soak_kill

soak-memory: $(INSTALLED)
	$(BIN)/python -m tests.process.soak_memory

soak-terminal: $(INSTALLED)
	MMTUI_UNREAD_CYCLES=200 $(BIN)/pytest -n 0 -m process tests/process/test_session.py -k not_read

fuzz: $(INSTALLED)
	MMTUI_FUZZ_INPUTS=1000000 $(BIN)/pytest -n 2 tests/fuzz
	$(BIN)/python -m tests.fuzz.coverage_guided

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
