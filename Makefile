.DEFAULT_GOAL := help
SHELL := /bin/bash

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## build bin/otelgen
	CGO_ENABLED=0 go build -trimpath -o bin/otelgen ./cmd/otelgen

.PHONY: demo
demo: ## generate the default service, run it, show its first traces
	@go run ./internal/demo

.PHONY: deps
deps: ## install what the tests need
	scripts/install-deps.sh

.PHONY: servers
servers: deps ## start all servers that the tests use, until make servers-stop
	scripts/servers.sh start

.PHONY: servers-stop
servers-stop: ## stop them
	scripts/servers.sh stop

.PHONY: test
test: deps ## install what the tests need, and run them: all checks, a part of the matrix
	scripts/test.sh

.PHONY: matrix
matrix: deps ## run the whole matrix: services in which every two presets meet
	MATRIX_ALL=1 go test -count=1 -timeout 30m ./internal/matrix

.PHONY: backends
backends: deps ## try what backends are given on real collectors and a real Prometheus, built first: minutes, once
	BACKENDS=1 go test -count=1 -timeout 30m ./internal/backends

.PHONY: golden
golden: ## rewrite the goldens
	go test ./golden -update
	go run ./cmd/otelgen preset test --no-run --update docs/examples/acme

.PHONY: docs
docs: ## rewrite the reference of commands and presets, and the table of presets in the README
	go test ./internal/cli -run TestReference -update

.PHONY: lock
lock: ## rewrite the locks from which go.mod and go.sum are made
	go run ./internal/gotool/lockall
	go run ./cmd/otelgen preset lock docs/examples/acme

.PHONY: notices
notices: ## rewrite the licenses and notices of what the binary is linked from
	go run ./internal/notices

.PHONY: bench
bench: ## print the figures of speed
	scripts/bench.sh

.PHONY: lint
lint: ## check the code of otelgen
	scripts/lint.sh
