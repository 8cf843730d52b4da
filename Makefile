# What one types to work with Auto Report Builder. Uses uv where it is installed, else python3 with venv and pip.

PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)
export REPO ?=
# Where it is set, every process would compile all that it imports, each time anew.
unexport PYTHONDONTWRITEBYTECODE
ROOMS := $(wildcard model egress collectors analyzers writers storage delivery sources reports alerts commands bot tests benchmarks)

.DEFAULT_GOAL := help
.PHONY: help demo run test prove check fix docs lock clean
.SILENT:

help: ## show this list
	sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

demo: .venv/.runtime ## report on this repository, or on REPO=path
	$(BIN)/arb demo $${REPO:+"$$REPO"}

run: .venv/.runtime ## talk to the bot in this terminal
	$(BIN)/arb chat

test: .venv/.dev ## run every test, the long ones with small counts
	$(BIN)/python -m pytest -n auto --dist worksteal --inline-snapshot=disable

prove: .venv/.dev ## run every test with the full counts
	ARB_PROVE=1 $(BIN)/python -m pytest -n auto --dist worksteal --inline-snapshot=disable

check: .venv/.dev ## lint, format, types, and whether the generated docs are up to date
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/python -m mypy --no-error-summary $(ROOMS)
	$(BIN)/python -m bot.docs --check

fix: .venv/.dev ## mend what the linter can mend
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

docs: .venv/.dev ## write the generated docs and .env.example anew
	$(BIN)/python -m bot.docs

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--extra openai --extra postgres --group build pyproject.toml
lock: ## resolve the locked requirements anew (needs uv)
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The stamps stand for what is installed: as long as they are newer than the locks, nothing is installed again.
.venv/.runtime: pyproject.toml requirements.lock | .venv/bin/python
	echo 'Installing what ARB needs …'
	$(call install,requirements.lock)
	touch $@

.venv/.dev: pyproject.toml requirements-dev.lock | .venv/bin/python
	echo 'Installing what ARB and its tests need …'
	$(call install,requirements-dev.lock)
	touch $@ .venv/.runtime

ifdef UV
install = $(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif

.venv/bin/python:
	command -v $(PYTHON) >/dev/null || { echo 'ARB needs Python 3.11 or newer: install the package python3.'; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ARB needs Python 3.11 or newer; $$($(PYTHON) --version) is $(PYTHON) here. Try make PYTHON=python3.12"; exit 1; }
ifdef UV
	$(UV) venv --quiet --python $(PYTHON) .venv
else
	$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo 'Python is here, but its venv and pip are not: install the package python3-venv.'; exit 1; }
	$(PYTHON) -m venv .venv
endif
