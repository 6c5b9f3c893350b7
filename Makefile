# `make run` and `make test` need nothing but Python 3.11 or later with venv, and make.
# Everything is installed into .venv, from pins with hashes.

.DEFAULT_GOAL := help
.PHONY: help run test lint fmt bench crash crash-teeth crash-long pins clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-to-run
TEST_READY := $(VENV)/.ready-to-test

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# As scripts/set-up compiles: tracebacks without columns.
run: export PYTHONNODEBUGRANGES = 1
run: $(RUN_READY) ## set up and start Firewarden
	@exec $(BIN)/firewarden serve

# Files side by side: most of the time is spent waiting for servers, browsers and clocks.
WORKERS ?= 3

test: $(TEST_READY) ## set up and run every test (WORKERS=1: one after the other)
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(TEST_READY) ## style, format, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(TEST_READY) ## format, and mend what can be mended without thinking
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TEST_READY) ## figures as ratios, both sides measured in one run
	@exec $(BIN)/python -m tests.bench

SEED ?=
HOURS ?= 1

crash: $(TEST_READY) ## end lives anywhere, compare what is left with the promises (SEED=...)
	@exec $(BIN)/python -m tests.crash --seed "$(SEED)"

crash-teeth: $(TEST_READY) ## change the product, see each change noticed by make crash
	@exec $(BIN)/python -m tests.crash.teeth

crash-long: $(TEST_READY) ## make crash for HOURS=..., keeps a row of tests/crash/README.md; SEED=... goes on
	@exec $(BIN)/python -m tests.crash.long --hours "$(HOURS)" --seed "$(SEED)"

simulate: $(TEST_READY) ## random schedules of people and faults for a minute; SEED=n [KEEP=0,3] = one again
	@exec $(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(KEEP),--keep $(KEEP)) $(if $(SECONDS),--seconds $(SECONDS))

pins: ## write requirements*.txt anew from the ranges in pyproject.toml
	@PYTHON="$(PYTHON)" scripts/pin

clean: ## remove .venv and what the tools keep (not var/)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# What the tests need holds what a run needs, so a checkout that can test can run.
$(RUN_READY): requirements.txt pyproject.toml scripts/set-up
	@PYTHON="$(PYTHON)" scripts/set-up $(VENV) requirements.txt
	@touch $@

$(TEST_READY): requirements-dev.txt pyproject.toml scripts/set-up
	@PYTHON="$(PYTHON)" scripts/set-up $(VENV) requirements-dev.txt
	@touch $@ $(RUN_READY)
