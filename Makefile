# Every command of the project. `make help` lists them; CI runs the same ones.
PYTHON ?= python3
APP := .venv/bin/python
CDK := .venv-cdk/bin/python
BOOTSTRAP := $(PYTHON) infra/local/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help up demo test check lint types imports migrations templates synth format lock reset \
	bench bench-cold bench-concerns bench-insights bench-notification bench-outbox bench-paths bench-propagation bench-rest bench-search bench-strangler bench-summary setup-up setup-test setup-cdk setup-bench chromium

help: ## list the commands
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-18s %s\n", $$1, $$2}'

up: setup-up ## run the whole shop in the foreground (TRADE=off: no live trade; RUNG=monolith: nothing has moved yet)
	@exec $(APP) -m infra.local.up

demo: setup-up ## the story at the terminal: a read path moves out of a sick monolith (about ten minutes)
	@exec $(APP) -m infra.local.demo $(if $(READ),--path $(READ))

test: setup-test chromium ## run every test
	@$(APP) -m pytest

check: lint types imports migrations templates test ## everything that CI runs

lint: setup-test ## style and format
	$(APP) -m ruff check .
	$(APP) -m ruff format --check .

types: setup-test ## static types, strictly
	BANYAN_LOCAL=yes $(APP) -m mypy

imports: setup-test ## who may import whom
	.venv/bin/lint-imports

migrations: setup-test ## no model change without its migration
	BANYAN_LOCAL=yes $(APP) manage.py makemigrations --check --dry-run

templates: setup-cdk ## the committed templates are what the CDK application says
	$(CDK) -m infra.synth --check

synth: setup-cdk ## renew the committed templates
	$(CDK) -m infra.synth

format: setup-test ## let the formatter and the safe fixes loose
	$(APP) -m ruff check --fix .
	$(APP) -m ruff format .

bench: bench-cold bench-concerns bench-insights bench-notification bench-outbox bench-paths bench-propagation bench-rest bench-search bench-strangler bench-summary ## every benchmark

bench-cold: setup-test ## what each service weighs, and how long it takes to import
	@$(APP) -m benchmarks.cold

bench-concerns: setup-test ## the same mixed load before and after each read has moved (about twenty minutes)
	@$(APP) -m benchmarks.concerns

bench-insights: setup-test ## the staff's questions over ten million events
	@$(APP) -m benchmarks.sales_insights

bench-outbox: setup-bench ## what the outbox costs and carries, beside its peers
	$(APP) -m benchmarks.outbox

bench-notification: setup-test ## a letter by a thin event and by a fat one: cost, delay, outage
	@$(APP) -m benchmarks.notification

bench-paths: setup-test ## each read path climbs to service by its runbook, and is compared while trade goes on (READ=NAME: one of them)
	@$(APP) -m benchmarks.paths $(if $(READ),--path $(READ))

bench-propagation: setup-test ## commit -> visible in the service
	$(APP) -m benchmarks.propagation

bench-rest: setup-test ## memory and processor time of a quiet shop
	$(APP) -m benchmarks.rest

bench-search: setup-bench ## how well and how fast the search service finds, beside PostgreSQL
	@$(APP) -m benchmarks.catalogue_search

bench-strangler: setup-test ## what moving a read costs whom the monolith still answers
	@$(APP) -m benchmarks.strangler

bench-summary: setup-test ## what exact sums cost on the real trade, and its quantiles
	@$(APP) -m benchmarks.summary

lock: ## resolve the dependencies anew into locks/
	$(PYTHON) infra/local/locking.py

reset: ## forget everything that the shop has stored
	rm -rf .banyan

setup-up:
	@$(BOOTSTRAP) up

setup-test:
	@$(BOOTSTRAP) test

setup-cdk: setup-test
	@$(BOOTSTRAP) cdk

setup-bench: setup-test
	@$(BOOTSTRAP) bench

chromium: setup-test
	@$(APP) -m infra.local.chromium
