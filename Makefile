# The two commands: `make run` and `make test`. Each does all the set-up it needs, in .venv beside this file.

PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: run test check lint bench sample docs clean help

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: .venv/run.stamp web/static/lib  ## serve the app on http://127.0.0.1:5000 with the sample study
	$(BIN)/python app.py

test: .venv/dev.stamp web/static/lib  ## run every test
	$(BIN)/python -m pytest

check: lint test  ## lint, types and tests

lint: .venv/dev.stamp  ## ruff and mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/dev.stamp  ## measure the engine against others, and write docs/performance.md
	$(BIN)/python app.py bench --report

sample: .venv/run.stamp  ## make the sample town again
	$(BIN)/python -m data.sample.make_sample

docs: .venv/run.stamp  ## make docs/tables.md from the code
	$(BIN)/python -m docs.make_tables

clean:  ## remove the environment and the browser libraries
	rm -rf .venv web/static/lib

.venv/run.stamp: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed (Debian: apt-get install python3-venv)."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

web/static/lib: web/npm/package-lock.json | .venv/run.stamp
	-$(BIN)/python -m web.browser_libraries
