# A few words are the whole manual: run, test, check, fix, map, bench, shots, manage, backup, restore.

PYTHON ?= python3
RUNNER = $(PYTHON) -m runner
SPREAD = -n 3 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help run test test-all check fix map bench shots manage backup restore messages

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## everything up, from a fresh clone on; PORTAL_PORT (8000) and PORTAL_DATA (.local) move it
	@exec $(RUNNER) run

test: ## all tests but the long ones; only="tests/cases -k stage" for some; pytest alone does as well
	@exec $(RUNNER) test $(SPREAD) -m "not long" $(only)

test-all: ## the same and the long ones: every page, size and role, kills, fuzzing
	@exec $(RUNNER) test $(SPREAD) $(only)

check: ## format, lint, types, import contracts, migrations, map, translations
	@exec $(RUNNER) check

fix: ## what of that a machine can mend
	@$(RUNNER) do ruff check --fix --quiet . && $(RUNNER) do ruff format --quiet .

map: ## draw docs/map.md from the workflow
	@exec $(RUNNER) offline map

bench: ## the figures of speed, as ratios taken in one run; with="--full", with="--start", with="--help"
	@exec $(RUNNER) do python -m bench $(with)

shots: ## pictures of every page of a running portal, both languages, three widths, into shots/; with="--schemes dark"
	@exec $(RUNNER) do python tests/look/shots.py http://localhost:$(or $(PORTAL_PORT),8000) --every $(with)

manage: ## make manage do="COMMAND …": a management command where make run is, up or not
	@exec $(RUNNER) manage '$(subst ','\'',$(do))'

backup: ## make backup into=FOLDER keys=ANOTHER: database and files, sealed; what opens them, apart
	@exec $(RUNNER) backup '$(into)' '$(keys)'

restore: ## make restore from=FOLDER/STAMP keys=ANOTHER destroyed=LIST: into a PORTAL_DATA that holds nothing yet
	@exec $(RUNNER) restore '$(from)' '$(keys)' '$(destroyed)'

messages: ## take new sentences into locale/, and compile them
	@exec $(RUNNER) offline messages
