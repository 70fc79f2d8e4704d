# `make help` lists what can be done here. Needed: Python 3.11 or newer and make; `make test` also
# installs what it tests against, as root on Debian.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" --quiet
# Command or file that tells whether it is there, and Debian's package that brings it.
FONTS := /usr/share/fonts/truetype
TESTED_AGAINST := mariadbd:mariadb-server-core my_print_defaults:mariadb-client-core \
	redis-server:redis-server nginx:nginx \
	chromium:chromium pdftotext:poppler-utils \
	$(FONTS)/liberation/LiberationSans-Regular.ttf:fonts-liberation \
	$(FONTS)/noto/NotoColorEmoji.ttf:fonts-noto-color-emoji

.PHONY: run
run: .venv/.run ## Start AppTicket on http://127.0.0.1:8080
	@exec $(BIN)/python main.py serve

.PHONY: demo
demo: .venv/.run ## Start it with a demonstration organisation and print its logins
	@exec $(BIN)/python main.py demo

.PHONY: test
test: lint test-systems ## Install what tests need and run all of them
	$(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0

.PHONY: lint
lint: .venv/.test ## Check style, types and who imports whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: bench
bench: .venv/.test test-systems ## Measure what the promises say, and show both
	$(BIN)/python -m tests.bench

.PHONY: format
format: .venv/.test ## Lay the code out
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: lock
lock: .venv/.test ## Pin the newest versions that pyproject.toml admits
	$(LOCK) --upgrade --output-file requirements.txt
	$(LOCK) --upgrade --extra dev --constraint requirements.txt --output-file tests/requirements.txt

.PHONY: clean
clean: ## Remove what running and testing left, except var/, your data
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 14

.venv/.run: requirements.txt | $(BIN)/pip
	@echo "Installing requirements.txt into .venv…"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/.test: tests/requirements.txt | $(BIN)/pip
	@echo "Installing tests/requirements.txt into .venv…"
	@$(PIP_INSTALL) -r tests/requirements.txt
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "AppTicket needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { missing=python3-venv; $(INSTALL_MISSING); }
	@$(PYTHON) -m venv .venv

.PHONY: test-systems
test-systems:
	@missing=; for system in $(TESTED_AGAINST); do \
	    command -v "$${system%%:*}" >/dev/null || [ -e "$${system%%:*}" ] || \
	        missing="$${missing:+$$missing }$${system##*:}"; \
	done; [ -z "$$missing" ] || { $(INSTALL_MISSING); }

# As root on Debian: install $missing, and start none of the services it brings.
define INSTALL_MISSING
if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
    echo "Missing on this machine; as root: apt-get install $$missing"; exit 1; \
fi; \
echo "Installing $$missing…"; \
log=$$(mktemp); made=; trap 'rm -f "$$log" $$made' EXIT; \
if [ ! -e /usr/sbin/policy-rc.d ]; then \
    made=/usr/sbin/policy-rc.d; printf '#!/bin/sh\nexit 101\n' >$$made; chmod +x $$made; \
fi; \
export DEBIAN_FRONTEND=noninteractive; \
apt-get -qq update >"$$log" 2>&1 || true; \
apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $$missing >>"$$log" 2>&1 || { \
    cat "$$log"; exit 1; \
}
endef
