# Every target sets up .venv first where it has to; repeating one is safe.
#   make test PYTHON=python3.11 ARGS="-k estimators"

PYTHON ?= python3
DATA ?= $(SPARSE_RL_DATA)/wikisql
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install quickstart test lint docs bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

install: $(STAMP) ## create .venv and install the package with its development tools

quickstart: $(STAMP) ## train on the generated dataset, in minutes on a CPU
	$(BIN)/python train.py --config gaca_quickstart.yaml $(ARGS)

test: $(STAMP) ## run the tests, without the slow and GPU ones
	$(BIN)/python -m pytest $(ARGS)

lint: $(STAMP) ## check style, format and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

docs: $(STAMP) ## build the documentation as a site, build/site; warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

bench: $(STAMP) ## time loading, exploration and training steps on DATA (a WikiSQL folder)
	@test -d "$(DATA)" || { echo "Set SPARSE_RL_DATA or DATA: there is no folder '$(DATA)'" >&2; exit 2; }
	@set -e; for script in load explore train_step; do \
		echo "== $$script"; \
		$(BIN)/python "benchmarks/$$script.py" --root "$(DATA)"; \
	done

clean: ## remove .venv and everything the tools left; runs/ stays
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests benchmarks experiments -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp comes last, so an installation that was interrupted is taken up again.
# An environment whose pip does not run is made anew.
$(STAMP): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"Set PYTHON to Python 3.11 or newer: the pins of constraints.txt need it")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
