# Aion. `make` lists what there is. Everything needs only Go, git and make.

GO      ?= go
BENCH   ?= .
TIME    ?= 1s
COUNT   ?= 1
OUT     ?=
OLD     ?=
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
FUZZ    ?= 20s
FLAKES  ?= 10m
IN      ?= ./...
RUNS    ?= 60
PARALLEL ?= 2
NIGHT   ?= 1h
ROUNDS  ?= 3
release := $(shell git describe --tags --always --dirty 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help build test release release-check install race moments flakes census demo bench proto performance failover scale performance-page lint fuzz console-shots jepsen jepsen-short jepsen-nightly clean

help: ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1@\2/p' $(MAKEFILE_LIST) | while IFS=@ read -r target what; do printf '%-17s %s\n' "$$target" "$$what"; done

build: ## build bin/aion-node
	$(GO) build -ldflags "-X main.release=$(release)" -o bin/aion-node ./cmd/aion-node

# Packages whose tests run clusters of real processes: two packages at a time, which mostly wait, and the suite alone; more would starve each other's elections.
processes := /(cmd/aion-node|docs/examples|transport/console/tour|sdk/conformance|jepsen|jepsen/nodes|jepsen/gate|scripts/demo)$$

# lint has vetted everything, so the tests do not again. Packages that run a node get one that is built once.
test: lint ## run every test, as CI does
	$(GO) test -vet=off -timeout 15m $$($(GO) list ./... | grep -vE '$(processes)')
	$(GO) build -ldflags "-s -w" -o bin/test/aion-node ./cmd/aion-node
	NODE_BINARY="$(CURDIR)/bin/test/aion-node" $(GO) test -vet=off -timeout 15m -p 2 $$($(GO) list ./... | grep -E '$(processes)' | grep -v '/jepsen$$')
	NODE_BINARY="$(CURDIR)/bin/test/aion-node" $(GO) test -vet=off -timeout 10m ./jepsen
	GOOS=wasip1 GOARCH=wasm $(GO) vet ./sdk/go/workflow
	$(GO) test -tags aionfaults ./internal/faults/...
	$(GO) test -tags aionfaults -run PowerLoss ./cluster/logstore

PLATFORMS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64
release: ## write dist/: static binaries with manual, completions and deploy/, SBOMs, SHA256SUMS; the same commit gives the same bytes
	$(GO) run ./internal/release -version "$(release)" -out dist -platforms $(PLATFORMS)

release-check: release ## build the release of this commit again, in another folder, and compare all bytes
	@other=$$(mktemp -d) && trap 'git worktree remove --force "$$other/tree" >/dev/null 2>&1; rm -rf "$$other"' EXIT && git worktree add -q --detach "$$other/tree" HEAD && \
	(cd "$$other/tree" && $(GO) run ./internal/release -version "$(release)" -out "$$other/dist" -platforms $(PLATFORMS)) && \
	diff dist/SHA256SUMS "$$other/dist/SHA256SUMS" && (cd dist && sha256sum -c --quiet SHA256SUMS) && echo "the same bytes twice"

PREFIX ?= /usr/local
install: build ## install the binary, manual and completions below PREFIX (/usr/local); DESTDIR for packagers
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	install -m 755 bin/aion-node "$(DESTDIR)$(PREFIX)/bin/aion-node"
	bin/aion-node man --dir "$(DESTDIR)$(PREFIX)/share/man/man1"
	bin/aion-node completion bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/aion-node"
	bin/aion-node completion zsh > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_aion-node"
	bin/aion-node completion fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/aion-node.fish"

console-shots: ## write pictures of all pages of the console to docs/console; needs Chromium
	mkdir -p docs/console
	$(GO) test ./transport/console/tour -count=1 -run TestShots -shots "$(CURDIR)/docs/console" -v

moments: ## disturb the tests of all examples at every moment, and not only at those that CI takes
	AION_MOMENTS=all $(GO) test -count=1 -timeout 60m -run 'TestSameHistories' ./cmd/aion-node/rehearsal

race: ## run every test with the race detector (takes several times as long)
	$(GO) test -race -timeout 30m ./...

flakes: ## run every quick test many times on a busy machine, and say which failed how often; FLAKES=30m for longer, IN=./engine for less
	$(GO) run ./internal/flakes -for $(FLAKES) $(IN)

census: ## count files, lines, references between files and wide comments; OF=FOLDER for another tree
	@$(GO) run ./internal/census $(OF)

demo: build ## three nodes on this machine: plan, backtest, canary, kill the leader, move, unload
	bash scripts/demo.sh

bench: ## run the benchmarks and print their medians; BENCH=Apply TIME=3s COUNT=6 narrows, lengthens, repeats; OUT=new.txt keeps them, and with OLD=old.txt compares
	@out=$(OUT); test -n "$$out" || { out=$$(mktemp) && trap 'rm -f "$$out"' EXIT; }; \
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(TIME) -count $(COUNT) -timeout 60m -p 1 $$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n1 dirname | sort -u) > "$$out" 2>&1 || { cat "$$out"; exit 1; }; \
	$(GO) run $(BENCHSTAT) $(OLD) "$$out"

proto: ## write the Go code of transport/hot/pb/hot.proto, with the compiler that gen.mod names (needs the network once)
	cd transport/hot/pb && $(GO) run -modfile=gen.mod generate.go . .

performance: build ## measure a cluster of one and of three on this machine, which must be quiet, and write docs/PERFORMANCE.md; ROUNDS=5 for more (some two minutes a round)
	bin/aion-node bench --nodes 1 --profile --callers 1,256 --rounds $(ROUNDS) --json > bin/1-node.json
	bin/aion-node bench --nodes 3 --profile --callers 1,256 --rounds $(ROUNDS) --json > bin/3-nodes.json
	mkdir -p docs/performance && mv bin/1-node.json bin/3-nodes.json docs/performance
	bin/aion-node bench report docs/performance/*.json --into docs/PERFORMANCE.md

SIZES ?= 1k,100k,1m
CLOSED ?= 1m,10m
scale: build ## fill clusters of this machine, which must be quiet, and write docs/SCALE.md (hours, some 20 GB); SIZES=1k,100k CLOSED=1m for less; goes on after an interrupt
	bin/aion-node bench scale --nodes 1 --sizes $(SIZES) --closed $(CLOSED) --dir bin/scale-1 --json > bin/1-node.json
	bin/aion-node bench scale --nodes 3 --sizes 1k,100k --closed 1m --dir bin/scale-3 --json > bin/3-nodes.json
	mkdir -p docs/performance/scale && rm -f docs/performance/scale/*.json && mv bin/1-node.json bin/3-nodes.json docs/performance/scale
	bin/aion-node bench report docs/performance/scale/*.json --into docs/SCALE.md

BUSY ?= 10m
failover: build ## kill 20 leaders, burn all processors for BUSY (10m), restart each node three times, and write that into docs/PERFORMANCE.md
	bin/aion-node bench failover --busy $(BUSY) --json > bin/failover.json
	mkdir -p docs/performance && mv bin/failover.json docs/performance
	bin/aion-node bench report docs/performance/*.json --into docs/PERFORMANCE.md

performance-page: build ## write docs/PERFORMANCE.md and docs/SCALE.md from what was measured
	bin/aion-node bench report docs/performance/*.json --into docs/PERFORMANCE.md
	bin/aion-node bench report docs/performance/scale/*.json --into docs/SCALE.md

lint: ## gofmt and go vet
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w FILE):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...

fuzz: ## run each fuzz target for a while; FUZZ=5m for longer
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$file); do \
			echo "$$target in $$(dirname $$file)"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) $$(dirname $$file); \
		done; \
	done

jepsen: build ## run the suite of faults for a quarter of an hour and write its report; RUNS=300 for longer, NETNS=1 as root
	$(GO) build -tags aionfaults -ldflags "-X main.release=$(release)" -o bin/aion-node-faults ./cmd/aion-node
	$(GO) build -o bin/jepsen ./jepsen/cmd/jepsen
	bin/jepsen campaign --runs $(RUNS) --parallel $(PARALLEL) --tagged-binary bin/aion-node-faults $(if $(NETNS),--netns); status=$$?; \
		bin/jepsen report jepsen-out --markdown jepsen-out/RESULTS.md && exit $$status

jepsen-nightly: build ## an hour of that suite and of the simulation, with seeds never used before; a row for it in jepsen-out/NIGHTS.md. NIGHT=8h for longer
	$(GO) build -tags aionfaults -ldflags "-X main.release=$(release)" -o bin/aion-node-faults ./cmd/aion-node
	$(GO) build -o bin/jepsen ./jepsen/cmd/jepsen
	bin/jepsen nightly --for $(NIGHT) --parallel $(PARALLEL) --tagged-binary bin/aion-node-faults $(if $(NETNS),--netns); status=$$?; \
		bin/jepsen report jepsen-out/nights/* --markdown jepsen-out/RESULTS.md && exit $$status

jepsen-short: ## every workload of that suite once, for a few seconds each
	$(GO) test -count=1 -v -timeout 5m ./jepsen

clean: ## remove what was built
	rm -rf bin dist jepsen-out flakes-out
