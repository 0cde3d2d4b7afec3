# Two commands do everything on a fresh machine with Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8000

.PHONY: help demo test lint types bench vendor lock clean
.DEFAULT_GOAL := help

help:  ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.run: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run  ## The demo county: environment, database, server and worker (RESET=1 starts over)
	$(BIN)/yanzhen demo --port $(PORT) $(if $(RESET),--reset)

test: $(VENV)/.dev  ## All tests but the browser's, on SQLite
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not e2e"

lint: $(VENV)/.dev  ## Style, imports between modules, templates
	$(BIN)/ruff check src tests bench tools
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint src

types: $(VENV)/.dev  ## mypy --strict
	YANZHEN_MODE=test YANZHEN_DATA=$${TMPDIR:-/tmp}/yanzhen-types $(BIN)/mypy

bench: $(VENV)/.dev  ## The figures of the README (see bench/README.md)
	$(BIN)/python -m bench

vendor: $(VENV)/.run  ## Fetch the vendored browser assets again and check them
	$(BIN)/python tools/vendor.py

lock: $(VENV)/.dev  ## Pin the dependencies with hashes
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-header --strip-extras -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-header --strip-extras --extra dev -o requirements-dev.lock pyproject.toml

clean:  ## Remove the environment and the demo's data
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis
