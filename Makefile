# The three verbs are run, test and check; tools/ holds what they do.
.PHONY: run setup test check format messages clean
.DEFAULT_GOAL := run

PYTHON ?= python3
PORT ?= 8000
PYTEST_ARGS ?=
VENV_PYTHON := .venv/bin/python

run: setup ## install what changed, load the demo round once, serve on 127.0.0.1
	@$(VENV_PYTHON) tools/run.py $(PORT)

setup: ## virtual environment, locked packages, front-end assets, translations
	@command -v $(PYTHON) >/dev/null || { \
		echo "Python 3.11 or newer is needed and was not found on this machine." >&2; \
		echo "需要 Python 3.11 或更高版本，本机未找到。" >&2; exit 1; }
	@$(PYTHON) tools/setup.py

test: setup ## the whole suite; PYTEST_ARGS="-k ballot" for a part
	@$(VENV_PYTHON) -m pytest -n 2 $(PYTEST_ARGS)

check: setup ## style, types, import contracts, templates, migrations, translations, deployment
	@$(VENV_PYTHON) tools/check.py

format: setup ## write Python and templates in the house format
	@$(VENV_PYTHON) tools/check.py --format

messages: setup ## take new texts into the catalogue and list what is untranslated
	@$(VENV_PYTHON) tools/messages.py update
	@$(VENV_PYTHON) tools/messages.py missing
