#!/usr/bin/env bash
# Checks the repository: lint, build, unit and end-to-end tests with short sweeps.
#
# Usage: Tests/run.sh [--full]
#   --full  also checks the documentation and the installation, runs all tests and whole sweeps, fuzzes, counts
#           instructions, compares with Google's client and bqemulator, and runs the examples and the README's commands
#
# NIGHTS and SEEDS set the extent of the simulation of nightly loads; by default 30 nights with one seed. The whole one,
# NIGHTS=365 SEEDS=1-20, takes hours.
#
# Installs missing system packages, or names them.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh
case $#:${1:-} in
0:) full= ;;
1:--full) full=yes ;;
*) usage >&2; exit 64 ;;
esac

# part NAME COMMAND...: runs a part, and prints how long it took.
part() {
    local name=$1 start=$SECONDS
    shift
    "$@"
    echo "$name: $((SECONDS - start)) s"
}

install_packages() {
    [ "$(uname)" = Linux ] || return 0
    require_packages libsqlite3-dev zlib1g-dev python3
    # Without them, the tests that need them are skipped: strace kills between system calls, chromium logs in, groff and
    # the shells check the man pages and the completions.
    local optional=(strace)
    [ -z "$full" ] || optional+=(
        python3-venv chromium chromium-driver fonts-dejavu-core groff-base zsh fish valgrind curl sqlite3)
    require_packages "${optional[@]}" || echo "continuing without some of: ${optional[*]}" >&2
}

lint() {
    swift format lint --strict --recursive --parallel \
        Package.swift Sources Tests Benchmarks Examples/{Package.swift,Sources,Tests}
}

# run_tests OPTION...: prints only failures.
run_tests() {
    # Each end-to-end test starts processes, so as many run at a time as there are processors.
    local width=() help
    help=$(swift test --help-hidden)
    if [[ $help == *experimental-maximum-parallelization-width* ]]; then
        width=(--experimental-maximum-parallelization-width "$(getconf _NPROCESSORS_ONLN)")
    fi
    local tests=(swift test --skip-build --quiet ${width[@]+"${width[@]}"} "$@") status=0
    if [ -z "$full" ] || ! command -v timeout >/dev/null; then
        "${tests[@]}"
        return
    fi
    # One run of six stopped without an end, for a reason that is not known yet. It takes 10 minutes otherwise.
    timeout -k 10 1500 "${tests[@]}" || status=$?
    [ "$status" -eq 124 ] || return "$status"
    echo "warning: the tests did not end within 25 minutes, so they run once more" >&2
    "${tests[@]}"
}

part packages install_packages
require_swift
if [ -n "$full" ]; then
    # Downloads while the compiler runs.
    require_python >/dev/null &
    environment=$!
fi
part lint lint
part faults Tests/faults.sh
# The commit that `bqpull --version` prints.
BQPULL_COMMIT=$(git rev-parse --short=7 HEAD 2>/dev/null || true)
export BQPULL_COMMIT
part build swift build --build-tests
BQPULL=$(swift build --show-bin-path)/bqpull
export BQPULL
part reference Tests/reference.sh "$BQPULL"

# A crash that a test expects must not wait for the backtracer.
export SWIFT_BACKTRACE=enable=no
if [ -z "$full" ]; then
    export SWEEP=short
    part tests run_tests
    exit
fi

wait "$environment" || true
require_python
# Separately, because of their duration.
nights=${NIGHTS:-} seeds=${SEEDS:-}
unset NIGHTS SEEDS
part documentation "$python" -B Tests/Documentation/documentation.py
part install Tests/install.sh "$BQPULL"
part tests run_tests
# Alone, since other tests would disturb their timing.
export SWEEP=whole
part "sweeps of faults" swift test --skip-build --quiet --filter 'DiskFaultTests|PowerLossTests|CancellationSweepTests'
part "sweeps of kills" swift test --skip-build --quiet --filter 'KillSweepTests|SystemCallKillTests'
unset SWEEP
if [ -n "$nights$seeds" ]; then
    part nights env NIGHTS="${nights:-30}" SEEDS="${seeds:-1}" \
        swift test --skip-build --quiet --filter NightSimulationTests
fi
# The fuzzer and valgrind exist on Linux only.
if [ "$(uname)" = Linux ]; then
    part fuzzing Tests/Fuzzing/run.sh
    part counts Benchmarks/counts.sh
fi
part conformance Tests/Conformance/run.sh "$BQPULL"
part examples Examples/run.sh
# The pictures differ from those in Examples in bytes, so they are not compared.
pictures=()
if command -v chromium >/dev/null; then pictures=(.build/pictures); fi
part README "$python" -B Tests/Documentation/readme.py "$BQPULL" ${pictures[@]+"${pictures[@]}"}
