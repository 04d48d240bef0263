#!/usr/bin/env bash
# Compares what bqpull stages with what Google's Python client reads, from `bqpull emulator` and from bqemulator, and
# checks its behavior under the faults of FaultsCompared.md.
#
# Usage: Tests/Conformance/run.sh BINARY
set -euo pipefail
[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 BINARY" >&2; exit 64; }
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/../.."
. Tests/Support/setup.sh
require_python
logs=.build/conformance
mkdir -p "$logs"

# check NAME OPTION...
check() {
    local name=$1
    shift
    "$python" -B "Tests/Conformance/$name.py" "$binary" "$@" >"$logs/$name.log" 2>&1 || true
}
# The faults mostly wait for retries, so they run next to the others.
check fault_comparison --check &
check google_client
check bqemulator_pull
wait
logs=("$logs"/{google_client,bqemulator_pull,fault_comparison}.log)
cat "${logs[@]}"
# A program that crashed has no closing line, and has failed.
awk '/: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1); closed++ }
     END { failed += 3 - closed; printf "%d passed, %d failed\n", passed, failed; exit failed != 0 }' "${logs[@]}"
