# Needs Python >= 3.11, make and git; everything else goes into .venv.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup test lint types demo bench chaos table studies validate clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv and install faascast into it (done once, again when pyproject.toml changes)

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "faascast needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,recipes,search]'
	@touch $@

test: lint types ## Check style and types, then run the tests
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

demo: $(READY) ## Compare five planners on a Montage workflow on AWS Lambda + S3, and explain the best
	$(BIN)/faascast compare wfcommons:montage,tasks=300,time_factor=0.02 --planners one-per-task,all-on-one,wukong,uniform,heft \
		--platform aws-lambda-s3 --reps 30 --seed 1 --out out/demo
	$(BIN)/faascast explain out/demo

bench: $(READY) ## Measure speed and memory against the targets in benchmarks/README.md
	$(BIN)/python -m benchmarks

chaos: $(READY) ## Kill instances of real runs a thousand times, over stores that fail, and check every result
	$(BIN)/python -m tests.real.storm 1000

table: $(READY) ## Make docs/planner-table.csv and .md again: all planners, at every level, from benchmarks/table.toml
	$(BIN)/python -m benchmarks.table
	$(BIN)/python -m benchmarks.table_summary > docs/planner-table.md

studies: $(READY) ## Measure again what docs/never-hurts.md, docs/circularity.md and the pictures of optimizations show
	$(BIN)/python -m benchmarks.never_hurts
	$(BIN)/python -m benchmarks.circularity
	$(BIN)/python -m benchmarks.pictures

validate: $(READY) ## Lay predictions beside real runs, half an hour on an idle machine: docs/validation-table.md, .csv and pictures
	$(BIN)/python -m benchmarks.validation

clean: ## Remove .venv, caches and outputs
	rm -rf .venv build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
