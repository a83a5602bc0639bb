# Every target is one line of `make help`; the work is done by the Go program in build/ (`go doc ./build`).
ARCH ?= x86_64
ENGINE ?= static
BUILD = go run ./build
FUZZTIME ?= 1m
HELLO = examples/hello -e '{"name":"Lisp"}'

.DEFAULT_GOAL := help
.PHONY: help run test faults soak fuzz layer engine engine-from-source reproduce bundle deps lint fmt suite bench update-goldens clean need-go

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "ARCH=x86_64 (the default) or arm64, for layer and engine. ENGINE=dynamic: the layer that loads native addons. LUMO_SOURCES=DIR: a folder of sources in place of the registries."

run: layer ## build all, and invoke the hello example on a local Lambda (needs Go alone)
	dist/lumo-lambda invoke $(HELLO)

test: need-go ## fetch what the tests need, check the source's form, build both layers, run every test
	$(BUILD) deps
	$(BUILD) lint
	$(BUILD) layer x86_64
	$(BUILD) layer arm64
	$(BUILD) layer x86_64 --engine=dynamic
	$(BUILD) layer arm64 --engine=dynamic
	$(BUILD) test-js
	$(BUILD) test-cljs
	go test -race -timeout 25m ./...
	$(MAKE) fuzz

faults: layer ## 10,000 invocations that go wrong in every way, and 1,000 with the built lumo (docs/robustness.md)
	go test -count=1 -timeout 1h -run 'TestFaults$$' -v ./cmd/bootstrap -faults 10000
	go test -count=1 -timeout 1h -run TestFaultsOfTheShippedLumo -v ./test -faults 1000

soak: layer ## 200,000 warm invocations: does anything grow? draws docs/soak.svg
	go test -count=1 -timeout 2h -run TestWarmInvocationsLeaveNothingBehind -v ./test -soak 200000 -soak.plot $(CURDIR)/docs/soak.svg

fuzz: need-go ## run each fuzzer for FUZZTIME (1m), two at a time
	FUZZTIME=$(FUZZTIME) $(BUILD) fuzz

layer: need-go ## write dist/: the layer's zip, bootstrap, lumo, and the developer's command
	$(BUILD) layer $(ARCH) --engine=$(ENGINE)

engine: need-go ## unpack the static Node.js of build/prebuilt, or compile it where its recipes have changed (docs/engine.md)
	$(BUILD) engine $(ARCH)

engine-from-source: need-go ## compile the static Node.js and pack it into build/prebuilt (half an hour on two cores)
	$(BUILD) engine-from-source $(ARCH)

reproduce: need-go ## compile it once more, elsewhere, and compare byte for byte
	$(BUILD) reproduce $(ARCH)

bundle: need-go ## compile the interpreter into build/prebuilt, when lumo/ has changed (needs java, mvn, python3 with pip)
	$(BUILD) bundle

deps: need-go ## fetch or check what tests and linters need (npm, mvn, python3 with pip, qemu-user)
	$(BUILD) deps

lint: need-go ## check the form of Go, JavaScript and ClojureScript
	$(BUILD) lint

fmt: need-go ## put Go, JavaScript and ClojureScript in form
	$(BUILD) fmt

# A folder with the test namespaces of any library, and a file of EDN with those that are left out and why.
SUITE ?= .cache/testdeps/core.async-source/core-async-clojure-1.5.648/src/test/cljs
EXCEPTIONS ?=
suite: layer deps ## run core.async's own tests, or those in SUITE=folder, and say how many assertions passed
	dist/$(shell uname -m | sed s/aarch64/arm64/)/lumo -c $(SUITE):test/suite -m suite $(SUITE) $(EXCEPTIONS)

bench: layer ## measure this layer beside its peers (node, nbb, Go); prints the goals; writes docs/bench (npm, cmake, g++, java)
	$(BUILD) bench-deps
	go test -run '^$$' -bench . -benchtime 1x -timeout 1h ./bench >.cache/bench/results.txt || { cat .cache/bench/results.txt; exit 1; }
	cat .cache/bench/results.txt
	go run ./bench/page docs/bench <.cache/bench/results.txt

update-goldens: layer ## rewrite the golden files and the notices, for review
	$(BUILD) notices
	go test ./build ./cmd/bootstrap ./test ./test/conformance -run Golden -update
	go test ./cmd/bootstrap -run TestLinkedPackages -update

clean: need-go ## remove dist/ and .cache/
	$(BUILD) clean

# Go fetches the right release of itself when it is older than go.mod asks for, from 1.21 on.
need-go:
	@command -v go >/dev/null || { echo 'make: Go is not on the PATH. Any Go of 1.21 or newer will do (it fetches 1.26, which go.mod asks for): apt-get install golang-go, or a download from the Go project.' >&2; exit 1; }
