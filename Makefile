# The commands a person types; each sets up what it needs on first use.
# TARGETS=my-targets.yaml  watch real sites instead of the sandbox
# WORKSPACE=folder         keep the casefile elsewhere than data/workspace
# PORT=8000                where the desk listens
# PYTHON=python3.12        which Python to build .venv with

PORT ?= 8000
VENV := .venv/bin
MONITOR_ARGS := --port $(PORT) $(if $(TARGETS),--targets "$(TARGETS)") $(if $(WORKSPACE),--workspace "$(WORKSPACE)")

.PHONY: monitor test quick lint format bench constraints setup clean

monitor: ## crawl, assess and open the desk (sandbox, or TARGETS=...)
	@scripts/setup core
	@$(VENV)/pharmakon monitor $(MONITOR_ARGS)

test: ## all tests, with branch coverage
	@scripts/setup dev
	@scripts/test $(ARGS)

quick: ## tests without the slow and the browser ones
	@scripts/setup dev
	@$(VENV)/pytest -q -m "not slow and not browser" $(ARGS)

lint: ## ruff, mypy, import contracts
	@scripts/setup dev
	@scripts/lint

format: ## let ruff rewrite what it can
	@$(VENV)/ruff check --fix-only -q . ; $(VENV)/ruff format -q .

bench: ## every published figure, each against its baseline
	@scripts/setup dev
	@$(VENV)/python -m bench $(ARGS)

constraints: ## write the versions installed now into constraints.txt
	@$(VENV)/python scripts/constraints.py > constraints.txt.new && mv constraints.txt.new constraints.txt

setup: ## only set up .venv and a browser
	@scripts/setup dev

clean: ## remove what the tools leave (never the workspace)
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov tests/browser/shots
