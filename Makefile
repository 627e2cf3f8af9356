# `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TOOLS := target/tools
# Seconds that `make fuzz` gives each target.
FUZZ_SECONDS ?= 60

.PHONY: help demo test bench lint fmt audit deny fuzz test-tools web

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## build and start a seeded plant on loopback ports, and say what to type
	$(CARGO) run --release --locked -p drawbridge -- demo

test: test-tools ## install what the tests need, if that may be done here, and run all of them
	$(CARGO) test --workspace --locked

test-tools:
	tests/tools.sh ensure

bench: ## measure speed, CPU, set-up and echo beside OpenSSH's ProxyJump
	tests/tools.sh ensure ssh
	$(CARGO) run --release --locked -p drawbridge-bench -- $(BENCH)

web: ## the web pages, which come later
	@echo 'There are no web pages yet: they come with a later version. Use the command line (drawbridge --help) or the API (admin-api/openapi.json).'

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
