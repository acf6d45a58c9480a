# Each target sets up what it needs first and does nothing when that is done.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Else each process that a test starts compiles all that it imports, on machines whose environment has it set.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo programs test test-long test-compose lint lint-types lint-imports lint-style index api openapi monitoring printed answers bench bench-peers eval chaos lock clean

help: ## Show what can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY) ## Start everything on this machine and analyse three real models.
	FLUXAGENTS_DATA_DIR=$(CURDIR)/.fluxagents/demo $(BIN)/fluxagents demo

lint: $(READY) ## Linter, formatter, types, import order.
	@$(MAKE) --no-print-directory -j 2 lint-types lint-imports lint-style

lint-types:
	$(BIN)/mypy

lint-imports:
	$(BIN)/lint-imports

lint-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.lint

# Processes that run tests; two keep two cores busy, since much of the time goes by while services start.
JOBS ?= 2
PYTEST := $(BIN)/pytest -n $(JOBS) --dist loadgroup --no-loadscope-reorder

programs: ## Install what tests drive and Python's packages do not bring, as root on Debian: a browser, Prometheus, an aligner.
	@tests/install_programs.sh

test: programs lint ## Everything that must hold: lint, then all tests with a real Redis and real workers.
	$(PYTEST) -m "not long"

test-long: programs $(READY) ## What is only long: large models, property tests ten times as deep, faults at full length and in a storm.
	HYPOTHESIS_PROFILE=long $(PYTEST) -m "long or hypothesis" --timeout 7200 --ignore tests/chaos
	CHAOS_LONG=1 $(BIN)/pytest tests/chaos
	$(BIN)/python -m tests.chaos --runs $(RUNS) --seed $(SEED)

PODMAN_COMPOSE ?= podman-compose
test-compose: $(READY) ## Build the image, run compose.yaml in podman, break it and take it down (as root; says what it needs).
	$(BIN)/python -m tests.compose --compose $(PODMAN_COMPOSE)

bench: $(READY) ## Measure speed, as ratios within one run.
	$(BIN)/python -m tests.bench

# Other systems, in an environment of their own: nothing of ours is needed to run them, and they would change our lock.
PEERS := .venv-peers
$(PEERS)/.ready: tests/bench/peers/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/bench/peers/requirements.txt
	touch $@

bench-peers: $(READY) $(PEERS)/.ready ## Measure ours beside Celery alone, DBOS, LangGraph and Prefect: RUNS=1000.
	$(BIN)/python -m tests.bench.peers --python $(PEERS)/bin/python --runs $(RUNS)

CHAT ?= offline
eval: $(READY) ## How often decisions are right, and what they are shown: CHAT=offline, openai:<model> or anthropic:<model>.
	$(BIN)/python -m tests.eval --chat-model $(CHAT)

index: $(READY) ## Write the index of the tools anew, after a tool has changed.
	$(BIN)/python -m fluxagents.tasks

answers: $(READY) ## Write the recorded answers of every tool anew, after an answer has changed; read the difference.
	$(BIN)/python -m tests.answers

api: $(READY) ## Write docs/api.md anew, after a docstring has changed.
	$(BIN)/python docs/write_api.py

monitoring: $(READY) ## Write docs/metrics.md, the rules and the dashboards anew, after a metric has changed.
	$(BIN)/python docs/write_monitoring.py

openapi: $(READY) ## Write docs/openapi.json and docs/problems.md anew, after an address has changed.
	$(BIN)/python docs/write_openapi.py

printed: $(READY) ## Write tests/data/printed anew, after a table that a command prints has changed.
	PRINTED=write $(BIN)/pytest -q tests/unit/workers/commands/test_printed_tables.py

RUNS ?= 1000
SEED ?= 20
chaos: $(READY) ## Break workers, Redis and the network while runs go on: RUNS=1000 SEED=20.
	$(BIN)/python -m tests.chaos --runs $(RUNS) --seed $(SEED)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
  --no-annotate --generate-hashes --all-extras pyproject.toml
lock: $(READY) ## Bring requirements.lock, and that of the image, up to date.
	$(COMPILE) --upgrade --group dev -o requirements.lock
	$(COMPILE) --group build --constraint requirements.lock -o deploy/requirements.lock

clean: ## Remove the environment and all caches.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
