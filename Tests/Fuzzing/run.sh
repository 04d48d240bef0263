#!/usr/bin/env bash
# Fuzzes the parsers of external input with the address sanitizer: pages, gzip, responses and errors, identifiers,
# addresses and headers, credential files. A crash or a failed check in Targets/ is an error, and its input is kept.
#
#   Tests/Fuzzing/run.sh                      all targets, with the same 20,000 inputs every time
#   RUNS=1000000 SEED=7 Tests/Fuzzing/run.sh page gzip
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Support/setup.sh
[ "$(uname)" = Linux ] || { echo "the fuzzer runs on Linux only" >&2; exit 1; }
require_packages libsqlite3-dev zlib1g-dev
require_swift

runs=${RUNS:-20000} seed=${SEED:-1}
targets=("$@")
[ $# -gt 0 ] || targets=(page gzip token error retry identifier address credential record)
here=Tests/Fuzzing build=.build/fuzzing
mkdir -p "$build"
# The tools of this compiler, since others cannot read its coverage.
tools=$(dirname "$(readlink -f "$(command -v swiftc)")")

# Compiles only the sources that the targets need, without networking, and replaces NIO by a stub, so that no package
# must be built with the sanitizer.
flags=(
    -swift-version 6 -O -wmo -parse-as-library -enable-testing -package-name bqpull
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -suppress-warnings
    -sanitize=fuzzer,address -profile-generate -profile-coverage-mapping
    -I "$build" -I Sources/CZlib -I "$here/CSQLite"
)

# module NAME FILE...
module() {
    local name=$1
    shift
    swiftc "${flags[@]}" -module-name "$name" -emit-module -emit-module-path "$build/$name.swiftmodule" \
        -emit-object -o "$build/$name.o" "$@"
}

# sources TARGET NAME...: the files of a target with these names, and those in folders with these names
sources() {
    local target=Sources/$1 name found
    shift
    for name in "$@"; do
        found=$(find "$target" -name "$name.swift" -o -path "*/$name/*.swift")
        [ -n "$found" ] || echo "error: no $name in $target" >&2
        echo "$found"
    done | sort -u
}

start=$SECONDS
module NIOCore "$here"/NIOCore/*.swift
module TextSupport $(sources TextSupport '*')
module BigQueryRows $(sources BigQueryRows '*')
module GoogleHTTP $(sources GoogleHTTP Secrets Retry Endpoints Files JSON HTTPError HTTPBody \
    HTTPRequest HTTPRequest+Validation HTTPResponseHead HTTPTransport)
module GoogleOAuth $(sources GoogleOAuth Clients Errors AuthorizedUserCredential CredentialFile RefreshTokenExchange \
    RenewingTokenProvider TokenContext TokenProvider TokenResponse)
module CredentialStore $(sources CredentialStore LinkedService StoredCredential StoredCredential+Import)
module BigQuery $(sources BigQuery Errors ExportFormat NamePath TableReference)
module SQLiteStaging $(sources SQLiteStaging SQLiteName ControlRow RecordedRun StagingTarget \
    StagingError StagingIntent StagingStatistics IncrementalValue LoadIntent LoadRecord Lookback PublicationOutcome)
objects=("$build"/*.o)
swiftc "${flags[@]}" -module-name Fuzzer -use-ld=lld -o "$build/fuzzer" "$here"/Targets/*.swift \
    Tests/BigQueryRowsTests/Support/Gzip.swift "${objects[@]}" -lz
echo "built in $((SECONDS - start)) s"

# The sources whose coverage is reported.
fuzzed=(
    $(sources TextSupport PrintableText)
    $(sources BigQueryRows Conversion Decoding Errors JSON)
    $(sources GoogleHTTP Endpoints JSON HTTPRequest+Validation RetryAfter)
    $(sources GoogleOAuth Clients AuthorizedUserCredential CredentialFile OAuthError+TokenEndpoint TokenResponse)
    $(sources CredentialStore LinkedService StoredCredential+Import)
    $(sources BigQuery BigQueryError+Response BigQueryError+Reason NamePath TableReference)
    $(sources SQLiteStaging SQLiteName ControlRow RecordedRun)
)

# A failed check is a trap, which must not wait for the backtracer. The order of sets must not depend on the run.
export SWIFT_BACKTRACE=enable=no SWIFT_DETERMINISTIC_HASHING=1
failed=0
rm -rf "$build/found" "$build"/*.profraw
printf '\n%-12s %12s %8s %8s\n' target executions crashes seconds
for target in "${targets[@]}"; do
    mkdir -p "$build/found/$target"
    options=("-runs=$runs" "-seed=$seed" -print_final_stats=1 -timeout=20 "-artifact_prefix=$build/$target-")
    [ ! -f "$here/Corpus/$target.dict" ] || options+=("-dict=$here/Corpus/$target.dict")
    start=$SECONDS crashes=0
    FUZZ_TARGET=$target LLVM_PROFILE_FILE=$build/$target.profraw \
        "$build/fuzzer" "${options[@]}" "$build/found/$target" "$here/Corpus/$target" >"$build/$target.log" 2>&1 ||
        crashes=1
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
    printf '%-12s %12s %8s %8s\n' "$target" "${executions:-?}" "$crashes" $((SECONDS - start))
    if [ "$crashes" -gt 0 ] || [ "${executions:-0}" -lt "$runs" ]; then
        failed=1
        grep -vE '^(#|NEW_FUNC)' "$build/$target.log" | tail -40 >&2
    fi
done
[ $failed = 0 ] || exit 1

"$tools/llvm-profdata" merge -sparse "$build"/*.profraw -o "$build/fuzzer.profdata"
echo
"$tools/llvm-cov" report "$build/fuzzer" -instr-profile="$build/fuzzer.profdata" "${fuzzed[@]}" |
    awk -v least="$([ $# -gt 0 ] && echo 0 || echo 85)" '
        NF > 9 && $1 != "Filename" {
            printf "%-62s %5d lines %8s\n", $1, $8, $10
            if ($10 + 0 < least) { printf "less than %d %% of the lines are covered\n", least; failed = 1 }
        }
        END { exit failed }'
