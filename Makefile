# Everything a contributor types. Each target does its own set-up.
SHELL := /bin/bash
CONFIGURATION ?= Release
ARGS ?=

.PHONY: run demo-vlan test test-unit bench cni lint build restore clean help

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

restore: ## Restore packages exactly as locked
	@scripts/restore.sh

build: ## Build everything, warnings are errors; the program is artifacts/bin/romana
	@CONFIGURATION=$(CONFIGURATION) scripts/build.sh

run: ## The demo: a VPC on loopback and the controller at work (ARGS=--once, ARGS="--hosts N --zones N --limit N --once")
	@CONFIGURATION=$(CONFIGURATION) scripts/demo.sh $(ARGS)

demo-vlan: ## Two VLANs, two hosts, a gateway (root): the paths that packets take, with the gateway's cable in and out
	@CONFIGURATION=$(CONFIGURATION) scripts/demo-vlan.sh

test: ## Every test; the last line reads "N passed, N failed, N skipped"
	@CONFIGURATION=$(CONFIGURATION) scripts/test.sh all

test-unit: ## The fast loop: no root, no network, under a minute once built
	@CONFIGURATION=$(CONFIGURATION) scripts/test.sh unit

bench: ## Figures, ours beside the baseline's, in one run
	@CONFIGURATION=Release scripts/bench.sh $(ARGS)

cni: ## The CNI plugin, static, for linux-x64 and linux-arm64 (artifacts/cni)
	@scripts/cni.sh $(ARGS)

lint: build ## Formatting and analyzers
	@dotnet format Romana.sln whitespace --verify-no-changes --no-restore

clean: ## Remove build output
	@rm -rf src/*/{bin,obj} tests/*/{bin,obj} bench/*/{bin,obj} artifacts
