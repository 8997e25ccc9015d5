# Two commands: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV     := .tools/bin/uv
VENV   := .venv
RUN    := $(VENV)/bin
# Toolchains come from the host where it has them, else from wheels.
EXTRA_LOCK := $(shell command -v c++ >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || echo requirements-toolchains.lock)

.PHONY: help setup setup-analyzers demo scenarios up test check soak bench lock clean
help:
	@echo "make demo   start everything, judge real answers to real tasks, leave a report"
	@echo "make test   set up and run the tests        make check  linters, types, import rules"
	@echo "make scenarios  an audit, a report and a faster filter, each judged end to end"
	@echo "make up     start the service and leave it  make bench  ratios against measured floors"
	@echo "make setup-analyzers   the analyzers of the check static, for use without Docker"
	@echo "make soak   the long forms of tests         make lock   renew the lock files"

setup: $(VENV)/.done

# pip's --target works without venv or ensurepip, and where the system's Python is marked as managed.
$(UV):
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools "uv==0.13.9"

# TypeScript's compiler comes from npm, pinned; npm itself from the host or the Node wheel.
$(VENV)/.done: requirements.lock requirements-toolchains.lock pyproject.toml sandboxes/toolchain/package-lock.json | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --require-hashes --python $(RUN)/python requirements.lock $(EXTRA_LOCK)
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(RUN)/python -e .
	$(RUN)/python -m sandboxes.languages.setup
	touch $@

# Compilers and analyzers of contracts, each in a folder of its own: they judge answers.
CONTRACTS := sandboxes/images/contracts
.PHONY: setup-contracts
setup-contracts: $(VENV)/contracts/.done

$(VENV)/contracts/.done: $(CONTRACTS)/requirements.lock $(CONTRACTS)/slither.lock $(CONTRACTS)/package-lock.json | $(UV)
	test -x $(RUN)/python || $(MAKE) setup
	rm -rf $(VENV)/contracts
	set -e; for part in requirements:vyper slither:slither; do \
	  $(UV) pip install --quiet --require-hashes --only-binary :all: --link-mode copy --compile-bytecode --python $(RUN)/python \
	  --target $(VENV)/contracts/$${part#*:} --requirement $(CONTRACTS)/$${part%:*}.lock; done
	$(RUN)/python -m sandboxes.languages.setup_contracts
	touch $@

# An environment of their own: these judge answers, and bring what the project must not depend on.
ANALYZERS := sandboxes/images/analyzers
setup-analyzers: $(VENV)/analyzers/.done $(VENV)/contracts/.done

$(VENV)/analyzers/.done: $(ANALYZERS)/requirements.lock $(ANALYZERS)/package-lock.json $(ANALYZERS)/stdlib_cache.py | $(UV)
	test -x $(RUN)/python || $(MAKE) setup
	rm -rf $(VENV)/analyzers
	$(UV) pip install --quiet --require-hashes --only-binary :all: --link-mode copy --compile-bytecode --python $(RUN)/python \
	  --target $(VENV)/analyzers/python --requirement $(ANALYZERS)/requirements.lock
	$(RUN)/python -m sandboxes.languages.setup_analyzers
	touch $@

demo: setup
	$(RUN)/python -m examples

scenarios: setup
	$(RUN)/python -m examples --scenarios

up: setup
	$(RUN)/tos-validator up

test: setup
	$(RUN)/python -m pytest $(ARGS)

check: setup
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/deptry .

soak: setup
	TOSV_SOAK=1 $(RUN)/python -m pytest --timeout 3600 $(ARGS)

bench: setup
	$(RUN)/tos-validator bench

lock: | $(UV)
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --group dev -o requirements.lock pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 -c requirements.lock -o requirements-service.lock pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 -o requirements-toolchains.lock requirements-toolchains.in

clean:
	rm -rf $(VENV) .tools .tos-validator reports

# docker-compose 1.29 or Compose v2, whichever is here.
COMPOSE := $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.PHONY: compose-up compose-down
.env:
	umask 077; secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }; \
	  { for of in DB FRONT WORKER RELAY WATCH; do echo "TOSV_$${of}_PASSWORD=$$(secret)"; done; \
	  echo "TOSV_DOCKER_GID=$$(stat -c %g /var/run/docker.sock)"; } > $@

compose-up: setup .env
	@grep -q '^TOSV_WATCH_PASSWORD=' .env || \
	  echo "TOSV_WATCH_PASSWORD=$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >> .env
	$(RUN)/python -m sandboxes.images ensure
	docker build --quiet --tag tos-validator:local .
	$(COMPOSE) up -d

compose-down:
	$(COMPOSE) down
