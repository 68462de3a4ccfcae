# `make run` and `make test` need Python 3.11 or newer and nothing else; `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
PY := $(VENV)/bin/python
step = printf '\342\206\222 %s\n'
# What is already in the environment wins over .env.
read_env = if [ -f .env ]; then given=$$(export -p); set -a; . ./.env; set +a; eval "$$given"; fi
# Tests choose their own surroundings: nothing of a company's settings reaches them.
SETTINGS := $(shell sed -n 's/^\#* *\([A-Z][A-Z_]*\)=.*/\1/p' .env.example)
clean_env = env $(foreach name,$(SETTINGS),-u $(name) -u $(name)_FILE) VAR_DIR=var/test
TEST_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
TEST_REDIS_URL ?= redis://127.0.0.1:6379/9
at_scale = $(clean_env) DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL) \
	SECRET_KEY=only-for-tests-0123456789-0123456789-0123456789-0123456789
pytest = $(PY) -m pytest -q -n $(or $(JOBS),2) --dist worksteal

.PHONY: help run demo test check lint browser bench translations clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-13s %s\n' "$$name" "$$what"; done

run: $(VENV)/runtime ## the whole product, with a demo company, until Ctrl-C
	@set -e; $(read_env); exec $(PY) manage.py serve --prepare

demo: $(VENV)/runtime ## plays the story against a running `make run`
	@set -e; $(read_env); exec $(PY) manage.py play_demo

test: $(VENV)/development ## the fast suite, on SQLite and without any server
	@$(clean_env) $(PY) manage.py translations compile >/dev/null
	@$(clean_env) $(pytest) -m "not browser and not postgres and not slow and not thorough" \
		--hypothesis-profile=brief

check: lint ## all that CI does: style, types, layers, texts, tests on both databases
	@$(step) "tests on SQLite"
	@$(clean_env) $(PY) manage.py translations compile >/dev/null
	@$(clean_env) $(pytest) -m "not browser and not postgres"
	@$(step) "ten thousand submissions"
	@$(clean_env) $(PY) -m pytest -q tests/test_idempotency.py --hypothesis-profile=thorough
	@$(step) "tests on PostgreSQL and Redis"
	@$(at_scale) $(pytest) -m "not browser and not slow and not table" --hypothesis-profile=brief

lint: $(VENV)/development ## check without the tests
	@$(step) "ruff"; $(PY) -m ruff check . && $(PY) -m ruff format --check .
	@$(step) "mypy"; $(PY) -m mypy .
	@$(step) "layers"; PYTHONPATH=.:requests $(VENV)/bin/lint-imports
	@$(step) "migrations"; $(clean_env) $(PY) manage.py makemigrations --check --dry-run
	@$(step) "translations"; $(clean_env) $(PY) manage.py translations check
	@$(step) "production settings"; $(at_scale) BASE_URL=https://help.example.org \
		EMAIL_URL=smtp+tls://smtp.example.org $(PY) manage.py check --deploy --fail-level WARNING

browser: $(VENV)/development ## the pages in a real browser, each process with an install of its own
	@$(clean_env) $(PY) manage.py translations compile >/dev/null
	@$(clean_env) $(pytest) -n $(or $(JOBS),3) tests/e2e

bench: $(VENV)/development ## ratios measured side by side: see bench/
	@for file in bench/servers.py bench/submit.py bench/queue.py bench/ambassadors.py; do \
		$(step) "$$file"; PYTHONPATH=. $(clean_env) $(PY) "$$file" || exit 1; done

translations: $(VENV)/development ## new texts of the code into the Dutch catalogue
	@$(clean_env) $(PY) manage.py translations extract

clean: ## removes what was made here, but not the data in var/
	@rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache var/test var/static
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps hold what was installed, so that a clone, a pull or a touched file changes nothing.
$(VENV)/runtime: requirements.txt | $(PY)
	@if cmp -s requirements.txt $@; then touch $@; else set -e; \
		$(step) "dependencies (a minute or two, once)"; \
		$(PY) -m pip install -q --disable-pip-version-check -r requirements.txt; \
		cp requirements.txt $@; fi

$(VENV)/development: requirements.txt requirements-dev.txt | $(PY)
	@if cat requirements.txt requirements-dev.txt | cmp -s - $@; then touch $@; else set -e; \
		$(step) "dependencies for development (a minute or two, once)"; \
		$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt; \
		cat requirements.txt requirements-dev.txt > $@; cp requirements.txt $(VENV)/runtime; fi

$(PY):
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed, and was not found."; exit 1; }
	@$(step) "environment ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This Python has no venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
