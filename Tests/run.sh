#!/usr/bin/env bash
# Lint, build, documentation, all tests, examples. Installs the system packages that are missing, or says which.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh

if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev
    # Without these the tests against Google's client and a foreign emulator say that they were skipped.
    require_packages python3 python3-venv || echo "continuing without python3-venv" >&2
    # Without it no process is killed between two system calls.
    require_packages strace || echo "continuing without strace" >&2
    # A real browser for the logins; who has none, or does not want one, sees those tests skipped.
    if [ -n "${CI:-}" ]; then
        require_packages chromium chromium-driver || echo "continuing without chromium" >&2
        # For a look at the man pages and at the completions of all three shells.
        require_packages groff-base zsh fish || echo "continuing without groff, zsh and fish" >&2
    fi
fi
require_swift

swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Examples/{Package.swift,Sources,Tests}
Tests/faults.sh
# What `bqpull --version` is to say.
BQPULL_COMMIT=$(git rev-parse --short=7 HEAD 2>/dev/null || true)
export BQPULL_COMMIT
swift build --build-tests
bqpull="$(swift build --show-bin-path)/bqpull"
Tests/reference.sh "$bqpull"
Tests/Documentation/run.sh
Tests/install.sh "$bqpull"
# A crash that a test expects must not wait for the backtracer.
export SWIFT_BACKTRACE=enable=no
# Tests that start programs are slow beside each other: no more at a time than there are processors, where that can be said.
width=()
if swift test --help-hidden | grep -q experimental-maximum-parallelization-width; then
    width=(--experimental-maximum-parallelization-width "$(getconf _NPROCESSORS_ONLN)")
fi
# Only what fails is printed.
swift test --skip-build --quiet "${width[@]}"
# The sweeps of the disk, of interruptions and of kills, alone and whole.
for suites in 'DiskFaultTests|PowerLossTests|CancellationSweepTests' 'KillSweepTests|SystemCallKillTests'; do
    SWEEP=whole swift test --skip-build --quiet --filter "$suites"
done
# What bytes from outside can do, and what a row costs, by count; the fuzzer and valgrind are there on Linux only.
if [ "$(uname)" = Linux ]; then
    Tests/Fuzzing/run.sh
    Benchmarks/counts.sh
fi
Tests/Conformance/run.sh "$bqpull"
BQPULL="$bqpull" Examples/run.sh
# It draws the same pictures as there are, if not to the byte: they are for looking at.
if [ -n "${CI:-}" ] && command -v chromium >/dev/null; then
    BQPULL="$bqpull" Examples/notebook.sh .build/notebook/pictures
fi
