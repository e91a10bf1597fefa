# Every command that people and machines use here. `make help` lists them.
# Each part of the set-up runs only when something it depends on has changed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Bytecode is kept: every process of the demo and of the tests would compile the whole product again.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
# More arguments for the program that a target runs, as in: make test ARGS="tests/conformance -k replay"
ARGS ?=
# Test processes: `auto` is one per core, of which eight at most.
TEST_WORKERS ?= auto

PO_FILES := $(wildcard lti_plp/views/translations/*/LC_MESSAGES/*.po)
MO_FILES := $(PO_FILES:.po=.mo)

# A copied or moved checkout has a .venv that belongs to the old place and must be made anew.
ifneq ($(shell cat .setup/home 2>/dev/null),$(CURDIR))
.setup/python: FORCE
endif

.PHONY: help
help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: setup ## Run the product with a stand-in LMS (ARGS="--port 8000 --lms-port 8001 --reset").
	@exec .venv/bin/lti-plp demo $(ARGS)

.PHONY: test
test: setup-test ## Run every test (ARGS goes to pytest).
	@exec $(PY) -m pytest --numprocesses $(TEST_WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: bench
bench: setup-test ## Measure launches, pages and readings against floors in the same run (docs/performance.md).
	@exec $(PY) -m tests.benchmarks $(ARGS)

.PHONY: lint
lint: .setup/python ## Check style, types and the arrows between the rooms.
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-cache --no-logo

.PHONY: format
format: .setup/python ## Rewrite the code in the project's style.
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: messages
messages: .setup/python ## Collect the texts of pages and bring the translations up to date.
	@scripts/messages.sh

.PHONY: lock
lock: .setup/python ## Re-make the lock files (ARGS=--upgrade for the newest releases).
	@scripts/lock.sh $(ARGS)

.PHONY: setup
setup: .setup/python .setup/assets $(MO_FILES) ## Make all that the product needs.

.PHONY: setup-test
setup-test: setup chromium postgresql ## Make all that the tests need as well.

.PHONY: clean
clean: ## Remove everything that these commands made.
	@rm -rf .venv .setup node_modules lti_plp/views/static/vendor .demo .bench build dist
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find lti_plp -name '*.mo' -delete
	@find lti_plp tests -name __pycache__ -type d -prune -exec rm -rf {} +

.setup/python: requirements-dev.lock pyproject.toml scripts/setup_python.sh scripts/common.sh
	@scripts/setup_python.sh
	@touch $@

.setup/assets: package-lock.json requirements-node.lock scripts/setup_assets.sh scripts/common.sh | .setup/python
	@scripts/setup_assets.sh
	@touch $@

%.mo: %.po | .setup/python
	@.venv/bin/pybabel --quiet compile --input-file $< --output-file $@

# What the system has is looked up each time: it takes milliseconds, and a stamp could not know of a removal.
.PHONY: chromium
chromium: | .setup/python
	@scripts/setup_chromium.sh

.PHONY: postgresql
postgresql:
	@scripts/setup_postgresql.sh

.PHONY: FORCE
FORCE:
