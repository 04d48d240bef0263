#!/usr/bin/env bash
# Runs the tests under the address and the thread sanitizer, in separate builds.
#
#   Tests/sanitize.sh [address|thread] [OPTION OF swift test...]
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh

sanitizers=(address thread)
case ${1:-} in
address | thread)
    sanitizers=("$1")
    shift
    ;;
esac
require_swift

export SWIFT_BACKTRACE=enable=no
# The runtime never frees its metadata, which looks like leaks. The fuzzer detects those.
export ASAN_OPTIONS=detect_leaks=0
for sanitizer in "${sanitizers[@]}"; do
    options=(--sanitize "$sanitizer" --scratch-path ".build/$sanitizer")
    swift build --build-tests "${options[@]}"
    # The sanitizer does not see the lock of a Mutex, since Synchronization is not instrumented, and reports races on
    # its value. Only closures of Mutex.withLock reach the value; the first suppression is the mangled suffix of their
    # type. SystemRandomNumberGenerator has no state, but is passed inout.
    printf 'race:%s\n' YTXEfU SystemRandomNumberGeneratorVSGsWP >".build/$sanitizer/suppressions"
    export TSAN_OPTIONS="suppressions=$PWD/.build/$sanitizer/suppressions"
    # In sequence, since a test's time limit includes its wait for others. The skipped suites kill the program hundreds
    # of times, or limit its memory, which the sanitizer exceeds.
    swift test --skip-build --quiet "${options[@]}" --no-parallel \
        --skip 'KillSweepTests|SystemCallKillTests|SystemLimitTests' "$@"
done
