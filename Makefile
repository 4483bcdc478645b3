# Every target does its own set-up: a machine with Python 3.11 and make is enough.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
ARGS ?=
# A group of tests (tests/conftest.py) stays in one process, so that what it needs is built once.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadgroup

# Forbidden to keep what it compiles, each of the hundred processes of a test run would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test conformance bench-graphql bench-subscribers faults check format lint types layers sizes fast schema lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "Installing the locked packages into $(VENV) ..."
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	@touch $@

setup: $(STAMP)  ## Create .venv with the locked packages

demo: $(STAMP)  ## Start everything on an embedded PostgreSQL with a real Tryton; ARGS=--once prints and exits
	@$(BIN)/python -m examples.demo $(ARGS)

test: $(STAMP)  ## The whole test suite (ARGS="-k name" to choose)
	@$(PYTEST) $(ARGS)

conformance: $(STAMP)  ## The API against the clients, audits and compilers of the ecosystem; needs Node 20
	@HUB_TEST_REQUIRE="node $$HUB_TEST_REQUIRE" $(BIN)/python -m pytest -q tests/conformance $(ARGS)

bench-graphql: $(STAMP)  ## Requests per second beside other GraphQL servers; needs Node and wrk (ARGS="--growth")
	@$(BIN)/python -m benchmarks.graphql $(ARGS)

bench-subscribers: $(STAMP)  ## 1,000 subscribers of one web process beside mercurius; needs Node (ARGS="--seconds 300")
	@$(BIN)/python -m benchmarks.graphql.subscribers $(ARGS)

faults: $(STAMP)  ## 100 faults while flows migrate; needs RabbitMQ (ARGS="--points 20 --seed 7")
	@$(BIN)/python -m tests.faults --points 100 $(ARGS)

check: format lint types layers sizes fast  ## Format, lint, types, layering, sizes and the fast tests

format: $(STAMP)
	@$(BIN)/ruff format --check .

lint: $(STAMP)
	@$(BIN)/ruff check .

types: $(STAMP)
	@$(BIN)/mypy

layers: $(STAMP)
	@$(BIN)/lint-imports

sizes: $(STAMP)
	@$(BIN)/python tools/sizes.py

fast: $(STAMP)
	@$(PYTEST) -m "not slow" $(ARGS)

schema: $(STAMP)  ## Write schema/schema.graphql from the code
	@$(BIN)/hub schema export

lock: $(STAMP)  ## Resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group dev \
	  --no-header --upgrade pyproject.toml -o requirements.lock

clean:  ## Remove what the targets above created here
	rm -rf $(VENV) .hub .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
