#!/usr/bin/env bash
# All tests under the address and the thread sanitizer, in builds of their own.
#
#   Tests/sanitize.sh [address|thread] [swift test's options, for example --filter BigQueryRowsTests]
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh

sanitizers=(address thread)
case ${1:-} in
address | thread)
    sanitizers=("$1")
    shift
    ;;
esac
require_swift

export SWIFT_BACKTRACE=enable=no
# The runtime keeps its metadata for good, which looks like leaks; the fuzzer looks for those.
export ASAN_OPTIONS=detect_leaks=0
for sanitizer in "${sanitizers[@]}"; do
    options=(--sanitize "$sanitizer" --scratch-path ".build/$sanitizer")
    swift build --build-tests "${options[@]}"
    # That a Mutex locks is not seen, since the library which does it knows nothing of the sanitizer: what lies in one looks
    # as if many changed it at a time. The compiler lets nobody at it but the closures of Mutex.withLock, which are known by
    # their type: the end of the name of a closure that does not escape and whose result is sent.
    # The generator of random numbers has nothing that could be changed, but is passed as if.
    printf 'race:%s\n' YTXEfU SystemRandomNumberGeneratorVSGsWP >".build/$sanitizer/suppressions"
    export TSAN_OPTIONS="suppressions=$PWD/.build/$sanitizer/suppressions"
    # One test after another, or those that have a time limit would wait for all others. Left out are those that kill the
    # program hundreds of times or give it too little memory: the sanitizer is what they would find.
    swift test --skip-build --quiet "${options[@]}" --no-parallel \
        --skip 'KillSweepTests|SystemCallKillTests|SystemLimitTests' "$@"
done
