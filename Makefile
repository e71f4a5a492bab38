# One command per intention, the same here and in .ci/run. Needs Python >= 3.11 and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INPUTS := pyproject.toml constraints.txt
KERNELS := models/compiled.py $(shell find models -path '*/kernels/*.py')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@echo "usage: make TARGET [PYTHON=python3.12] [ONCE=1]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.compiled ## Start the service on its embedded log with real data (ONCE=1 ends when the data is done)
	@$(BIN)/cutstream demo $(if $(ONCE),--once)

.PHONY: test
test: $(VENV)/.installed-test ## Run the tests
	$(BIN)/python -m pytest

.PHONY: lint
lint: $(VENV)/.installed-lint ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

.PHONY: bench
bench: $(VENV)/.installed-bench $(VENV)/.compiled ## Run the benchmarks
	$(BIN)/python -m benchmarks.forest
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.recommend --parts kernels queries pipeline freshness http
	$(BIN)/python -m benchmarks.predict

.PHONY: coverage
coverage: $(VENV)/.installed-test ## Measure what the tests of the models cover, the kernels uncompiled so that their lines count
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest tests/models \
	  --cov=models --cov-report=term:skip-covered --cov-fail-under=95

.PHONY: kafka
kafka: $(VENV)/.installed-test ## Start a real Apache Kafka on 127.0.0.1:9092 until Ctrl-C (needs Java 17 or newer, and Maven)
	@$(BIN)/python -m tests.broker

.PHONY: docs
docs: $(VENV)/.installed-test ## Make docs/cli.md from the commands' own help
	$(BIN)/python -m tests.cli_reference > docs/cli.md.new
	@mv docs/cli.md.new docs/cli.md

.PHONY: clean
clean: ## Remove the virtual environment, the caches and the demo's files
	rm -rf $(VENV) .cutstream .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	rm -rf .coverage .coverage.* build dist *.egg-info
	find api benchmarks models stream tests -type d -name __pycache__ -prune -exec rm -rf {} +

# Each stamp is renewed when what is to be installed has changed; every extra includes what `run` needs.
$(VENV)/.installed-run: $(INPUTS) | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-%: $(INPUTS) | $(BIN)/python
	@echo "Installing into $(VENV), for '$*' ..."
	@$(PIP) install --constraint constraints.txt --editable '.[$*]'
	@touch $(VENV)/.installed-run $@

# The kernels, in the cache that every start reads them from; a change of one starts a cache of its own.
$(VENV)/.compiled: $(KERNELS) $(VENV)/.installed-run
	@$(BIN)/cutstream compile
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) > /dev/null || { \
	  echo "cutstream needs Python 3.11 or newer, but there is no '$(PYTHON)'." \
	    "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "cutstream needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." \
	    "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
