#!/usr/bin/env bash
# Three nodes on this machine, from the first deploy to the last unload. `make demo` builds the binary first.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x bin/aion-node ] || { echo "bin/aion-node is missing: run make build" >&2; exit 1; }
go build -o bin/demo ./scripts/demo
exec bin/demo -binary bin/aion-node -examples docs/examples
