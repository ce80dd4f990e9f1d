# GoSFT. `make notebook` sets up everything and opens JupyterLab; `make test` runs all tests. Only Python 3.10+ is needed.
SHELL := /bin/sh
HOME_DIR := $(CURDIR)/.venv/share/gosft
export GOSFT_HOME := $(HOME_DIR)
export GOEXPERIMENT := simd
export PATH := $(HOME_DIR)/bin:$(CURDIR)/.venv/bin:$(PATH)
GOFLAGS_TEST ?= -p 1 -timeout 30m

.PHONY: help setup setup-test notebook doctor test lint test-go test-race test-notebooks test-clients test-browser test-bare parity bench-kernel bench-sft clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

setup: ## JupyterLab, kernel, worker, model, data and XLA plugin in .venv
	@kernel/setup/setup.sh

setup-test: ## also what the tests compare with (.venv-test: PyTorch, transformers, scikit-learn)
	@kernel/setup/setup.sh test

notebook: setup ## set up and open JupyterLab on the course
	@.venv/bin/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --notebook-dir=notebooks $(LAB)

doctor: ## check the set-up and say what to do
	@if [ -x .venv/bin/gosft ]; then .venv/bin/gosft doctor; else kernel/setup/setup.sh doctor; fi

test: setup-test lint test-go test-race test-notebooks test-clients test-browser test-bare ## set up and run all tests

lint: ## gofmt, go vet, staticcheck, hadolint
	@bad=$$(gofmt -l kernel sftlib notebooks); if [ -n "$$bad" ]; then echo "not gofmt-ed: $$bad"; exit 1; fi
	go vet ./...
	staticcheck ./...
	docker/check.sh

test-go: ## protocol, engine and library
	go test $(GOFLAGS_TEST) ./...

# Not the engine, whose worker holds plugins and C++; not what computes, which the detector's pointer checks end inside GoMLX.
test-race: ## the race detector over sockets, sessions, cells, output and the service
	@if command -v gcc >/dev/null || command -v clang >/dev/null; then \
	  go test -race -short $(GOFLAGS_TEST) ./kernel/jupyter ./kernel/session ./kernel/cell ./kernel/live ./kernel/worker ./kernel/display ./kernel/gonb/... ./sftlib/serve ./sftlib/show; \
	else echo "not run: the race detector needs gcc or clang"; fi

test-notebooks: ## every notebook of the course, headless, on a small budget
	notebooks/test.sh

test-clients: ## the quick start through nbclient, papermill, nbconvert, jupytext and in odd places
	.venv/bin/python kernel/test/clients.py .

test-browser: ## JupyterLab in Chromium, driven by Playwright
	kernel/test/browser.sh

test-bare: ## notebook 00 on a PATH without go, compiler and linker
	kernel/test/bare.sh

parity: ## every comparison with an independent implementation, a line each
	@kernel/setup/parity.sh

bench-kernel: ## this kernel, GoNB and ipykernel side by side
	@kernel/bench/run.sh

bench-sft: ## training, inference, tokenizer and CSV reading against PyTorch, tokenizers, pandas, polars
	@sftlib/bench/run.sh

clean: ## remove all that setup and the tests made
	rm -rf .venv .venv-test build
