# One target for each check and each tool. `make` lists them; .ci/run runs those that CI runs.

GOLANGCI_LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GORELEASER    = go run github.com/goreleaser/goreleaser/v2@v2.15.1
GOVULNCHECK   = go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
ACTIONLINT    = go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
# These need a newer Node than many systems have, so npx installs one.
NPX           = npx --yes --prefer-offline --package=node@22.23.3
REDOCLY       = REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(NPX) --package=@redocly/cli@2.77.0 redocly
PRISM         = $(NPX) --package=@stoplight/prism-cli@5.16.0 prism
FUZZ_INPUTS   = 5000
SLOW          = EveryMutant|MutantsOf|Compress|Encrypt|EncodedErrorBodies|KilledSave|Passphrase|CannotBeRewritten|TooLargeList|ALargeBody|Hostile

.PHONY: help generate check-generate check-tidy test counts race race-all vet e2e prism bench bench-sandbox fuzz mutate record record-live cross lint lint-openapi lint-go lint-scripts lint-workflows breaking drift checks vulnerabilities release-check release ci

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

generate: ## Write the Go code that openapi.yaml describes
	go generate ./...

check-generate: ## Fail if the committed Go code is not what openapi.yaml generates
	scripts/check-generate

check-tidy: ## Fail if go.mod or go.sum is not what go mod tidy writes
	@go mod tidy -diff || { echo "check-tidy: run go mod tidy, and commit what it changes." >&2; exit 1; }

test: ## Run the tests
	go test ./...

counts: ## Print what the fault, kill and mutation tests count
	go test -count=1 -v -run='TenThousand|ThroughAConnection|KilledSave|EveryMutant' ./gcore ./contract

# A program of a test waits a second before it exits, for reports of other goroutines, unless told otherwise.
race: export GORACE = atexit_sleep_ms=100
race: ## Run the tests with the race detector, without those that repeat, decompress or encrypt much, or measure memory
	go test -race -short -skip='$(SLOW)' ./...

race-all: ## Run more of them with the race detector, as every night
	go test -race -skip='EveryMutant|CompressedBombs|ResidentMemory' ./...

vet: ## Run go vet
	go vet ./...

e2e: ## Run the tests that need other programs, such as OpenSSH's server
	cd internal/e2e && go test -count=1 ./...

prism: ## Have Prism check the traffic of the client with the sandbox against openapi.yaml
	cd internal/e2e && PRISM='$(PRISM)' go test -count=1 -run=Prism ./...

bench: ## Compare the client with one that is written by hand, by benchstat, and the sandbox with a bare server
	scripts/bench 10
	go run ./internal/sandboxbench

bench-sandbox: ## Compare the sandbox with a bare HTTP server, by wrk, and print its start time and memory
	go run ./internal/sandboxbench

fuzz: ## Run each fuzz target with FUZZ_INPUTS inputs
	scripts/fuzz $(FUZZ_INPUTS)

mutate: ## Change the code of gcore in one place after the other, and fail if the tests notice less than 90 % (an hour)
	scripts/mutate

record: ## Write the recordings of the documented examples and of the sandbox
	go test -count=1 -run=TestRecordings ./internal/record -args -update

record-live: ## Record the real API, with GCORE_API_KEY and GCORE_CLOUD_PROJECT_ID set; makes two keys and deletes them
	go run ./internal/record

cross: ## Compile and vet for Linux, macOS and Windows
	for os in linux darwin windows; do GOOS=$$os go vet ./... || exit 1; done

lint: lint-openapi lint-go lint-scripts lint-workflows ## Run every linter

lint-openapi: ## Check openapi.yaml and its examples with Redocly and with kin-openapi
	$(REDOCLY) lint --extends=recommended-strict openapi.yaml
	go test -count=1 .

lint-go: ## Check the Go code with golangci-lint
	$(GOLANGCI_LINT) run ./...
	cd internal/e2e && $(GOLANGCI_LINT) run ./...

lint-scripts: ## Check the shell scripts with shellcheck
	shellcheck .ci/run scripts/*

lint-workflows: ## Check the GitHub workflows with actionlint
	$(ACTIONLINT)

breaking: ## Fail on breaking changes since BASE (default: origin/main) that CHANGELOG.md does not name
	go run ./internal/breaking -base "$$BASE"

drift: ## Compare openapi.yaml with Gcore's description: make drift UPSTREAM=<file or URL>
	go run ./internal/drift "$$UPSTREAM"

checks: ## Test that our own checks can fail, in a scratch copy
	CHECKS=1 go test -count=1 -v -run=TestEachCheckFailsOnce ./internal/checks

vulnerabilities: ## Look for known vulnerabilities that the code reaches
	$(GOVULNCHECK) ./...

release-check: ## Build what a release would contain, in dist/, without publishing it
	$(GORELEASER) check
	$(GORELEASER) release --snapshot --clean

release: ## Publish the release of the tag that is checked out; the workflow release.yml runs this
	$(GORELEASER) release --clean

ci: ## Run everything, as CI does
	bash .ci/run
