# Every task of the project; `make` lists them. Nothing is needed but Go, and
# for the tests what .ci/prepare names and, on Debian or Ubuntu, installs.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO       ?= go
PYTHON   ?= python3
ARGS     ?=
FUZZTIME ?= 10s

SDKTEST := cmd/askonce/sdktest
# A stamp is newer than what it was made from, so a second run has nothing to do.
VENV     := .venv/.installed
NODE_SDK := $(SDKTEST)/node/node_modules/.installed
LINTER   := .tools/golangci-lint

# bbolt reads damaged files through unsafe pointers. The tests damage some, and a
# pointer check of the race detector would stop the process, which no program is
# built with outside of tests.
UNCHECKED := -gcflags=go.etcd.io/bbolt/...=-d=checkptr=0

# What the tests run in Python: the SDKs, and the peer that stands in for
# a Qdrant server. One environment holds both.
REQUIREMENTS := $(SDKTEST)/python/requirements.txt cache/qdrantcache/peer/requirements.txt

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## start the service (ARGS="--listen 127.0.0.1:9000")
	$(GO) run ./cmd/askonce serve $(ARGS)

.PHONY: try
try: ## ask some 200 questions of a simulated provider and count hits (ARGS=--json)
	$(GO) run ./cmd/askonce try $(ARGS)

.PHONY: build
build: ## build the program as ./askonce, without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o askonce ./cmd/askonce

.PHONY: test
test: prepare ## install what the tests need, then run all of them with the race detector
	CGO_ENABLED=1 $(GO) test -race $(UNCHECKED) ./...
	CGO_ENABLED=1 $(GO) -C bench test -race $(UNCHECKED) ./...
	.ci/emulate

.PHONY: prepare
prepare: system-packages $(VENV) $(NODE_SDK) ## install what the tests need and stop there

.PHONY: system-packages
system-packages:
	@.ci/prepare

$(VENV): $(REQUIREMENTS)
	rm -rf .venv
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix --requirement ,$(REQUIREMENTS))
	touch $@

$(NODE_SDK): $(SDKTEST)/node/package-lock.json
	cd $(SDKTEST)/node && npm ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: lint
lint: $(LINTER) ## run the linters of .golangci.yml
	$(LINTER) run ./...
	cd bench && ../$(LINTER) run --config ../.golangci.yml ./...

# The linter has a module of its own, so that the product's go.mod stays small.
$(LINTER): .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p .tools
	$(GO) -C .ci/tools build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

.PHONY: fuzz
fuzz: ## run every fuzz target for a moment (FUZZTIME=10s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: vuln
vuln: ## look for known vulnerabilities (asks vuln.go.dev)
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

.PHONY: bench
bench: ## measure against a bare echo handler, as a table
	$(GO) -C bench run . $(ARGS)

.PHONY: bench-json
bench-json: ## the same, with one JSON object as the last line
	@$(GO) -C bench run . --json $(ARGS)

.PHONY: chaos
chaos: system-packages $(VENV) ## take stores and replicas away under load, and count what callers notice (ARGS="--seconds 120")
	$(GO) -C bench run ./chaos $(ARGS)

.PHONY: weights
weights: ## make the embedder's weights and goldens again from the published model
	$(PYTHON) -m venv .tools/weights
	.tools/weights/bin/python -m pip install --quiet --disable-pip-version-check --requirement embed/minilm/convert/requirements.txt
	.tools/weights/bin/python embed/minilm/convert/convert.py

.PHONY: clean
clean: ## remove what was built and installed here
	rm -rf askonce .tools .venv $(SDKTEST)/node/node_modules
