# `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TOOLS := target/tools
# Seconds that `make fuzz` gives each target.
FUZZ_SECONDS ?= 60

.PHONY: help demo test bench lint fmt audit deny fuzz pictures test-tools web web-if-npm

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: web-if-npm ## build and start a seeded plant on loopback ports, and say what to type
	$(CARGO) run --release --locked -p drawbridge -- demo

test: test-tools web-if-npm ## install what the tests need, if that may be done here, and run all of them
	$(CARGO) test --workspace --locked

# Those in docs/desks.md.
PICTURES := vendor-desk-light vendor-terminal-dark approver-decision-phone operator-session-light \
  auditor-recording-light admin-plant-light

pictures: web ## take the pictures in docs/desks.md anew
	tests/tools.sh ensure ssh browser
	$(CARGO) test --workspace --locked --test scenarios -- desk::each_page
	mkdir -p docs/pictures
	cp $(PICTURES:%=target/desk-pictures/%.png) docs/pictures/

test-tools:
	tests/tools.sh ensure

bench: web-if-npm ## measure speed, CPU, set-up and echo beside ProxyJump and a relay that records nothing
	tests/tools.sh ensure ssh
	$(CARGO) run --release --locked -p drawbridge-bench -- $(BENCH)

REPLAY := web/replay
REPLAY_SOURCES := $(wildcard $(REPLAY)/src/*) $(REPLAY)/build.js $(REPLAY)/package.json $(REPLAY)/package-lock.json

DESK := admin-api/web
DESK_SOURCES := $(shell find $(DESK)/src -type f -not -name schema.d.ts) $(DESK)/index.html $(DESK)/vite.config.ts \
  $(DESK)/dev/compress.js $(DESK)/dev/budget.js $(DESK)/package.json $(DESK)/package-lock.json admin-api/openapi.json

web: $(DESK)/dist/index.html $(REPLAY)/dist/replay.html ## build the desks and the stand-alone replay page (npm; network the first time)

$(DESK)/dist/index.html: $(DESK_SOURCES) $(DESK)/node_modules/.package-lock.json
	npm --prefix $(DESK) run --silent build
	@touch $@

$(REPLAY)/dist/replay.html: $(REPLAY_SOURCES) $(REPLAY)/node_modules/.package-lock.json
	npm --prefix $(REPLAY) run --silent build

%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo 'The pages are built with npm, which is not here. Install Node.js 20.19 or later.' >&2; exit 1; }
	npm --prefix $* ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Without npm all else works: the program says that it has no pages.
web-if-npm:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web; \
	else echo 'npm is not here, so this build gets no pages.' >&2; fi

lint: ## formatting and lints, as CI sees them
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

fmt: ## format all of it
	$(CARGO) fmt --all

deny: ## licences, sources and banned crates
	tests/tools.sh ensure cargo-deny
	$(TOOLS)/bin/cargo-deny check licenses sources bans

audit: ## known vulnerabilities in what is built in (fetches the list)
	tests/tools.sh ensure cargo-deny
	$(TOOLS)/bin/cargo-deny check advisories

fuzz: ## fuzz each parser for FUZZ_SECONDS (60)
	tests/tools.sh ensure cargo-fuzz
	FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run
