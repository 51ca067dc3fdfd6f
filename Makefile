# The commands of this house. Each one sets itself up on its first call: `make demo` and `make test` need only
# Python 3.11 to 3.13 and Java 17 or 21.

VENV ?= .venv
PYTHON ?=
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test test-math test-spark nightly check format bench lock clean

help: ## these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) ## a virtual environment from the lock file, with all extras, and Spark's jars

$(INSTALLED): requirements.lock pyproject.toml scripts/setup.sh
	@VENV="$(VENV)" PYTHON="$(PYTHON)" sh scripts/setup.sh

demo: setup ## anonymize a hospital's table of 20,000 made-up patients, before your eyes
	@$(BIN)/anonspark demo

test: test-math test-spark ## the whole fast suite: the mathematics in seconds, then Spark

test-math: setup ## the mathematics and the doctests, without a JVM
	$(BIN)/pytest -m "not spark and not nightly" --doctest-modules anonspark tests

test-spark: setup ## everything that needs a Spark session
	$(BIN)/pytest -m "spark and not nightly"

nightly: setup ## the long lane of the tests, and those with Spark once more on Connect and on two workers
	$(BIN)/pytest -m nightly --heap 5
	$(BIN)/pytest -m "spark and not nightly" --session connect tests/frames tests/pipelines
	$(BIN)/pytest -m "spark and not nightly" --session workers tests/frames tests/pipelines

check: setup ## ruff, mypy --strict, who may import whom, and nothing that Spark Connect lacks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@sh scripts/check_connect.sh

format: setup ## ruff's fixes and layout
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## the benchmarks against their floors
	$(BIN)/python -m benchmarks

lock: ## requirements.lock again from pyproject.toml; needs uv
	uv pip compile --universal --generate-hashes --no-header --no-annotate --all-extras --group dev \
		--python-version 3.11 pyproject.toml -o requirements.lock

clean: ## remove what tools and runs left behind; the environment stays
	rm -rf build dist anonspark-demo spark-warehouse metastore_db derby.log
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find anonspark tests jobs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
