#!/usr/bin/env bash
# Fuzzes what reads bytes from outside, with the address sanitizer: pages, gzip, answers and errors of both services,
# identifiers, addresses and headers, files of credentials. A crash, or a promise of Targets/ that does not hold, is an error; the input is kept.
#
#   Tests/Fuzzing/run.sh                      all targets, the same 20,000 inputs each time
#   RUNS=1000000 SEED=7 Tests/Fuzzing/run.sh page gzip
set -euo pipefail
cd "$(dirname "$0")/../.."
. Examples/requirements.sh
[ "$(uname)" = Linux ] || { echo "the fuzzer runs on Linux only" >&2; exit 1; }
require_packages libsqlite3-dev zlib1g-dev
require_swift

runs=${RUNS:-20000} seed=${SEED:-1}
targets=("$@")
[ $# -gt 0 ] || targets=(page gzip token error retry identifier address credential record)
here=Tests/Fuzzing build=.build/fuzzing
mkdir -p "$build"
# Those of this compiler: others cannot read its coverage.
tools=$(dirname "$(readlink -f "$(command -v swiftc)")")

# Only what the targets need, and without packages, which would have to be built anew with the sanitizer: what talks to
# the network is left out, and of NIO there is a stand-in.
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

# below ROOM PATH...: the sources there
below() {
    local room=Sources/$1
    shift
    find "${@/#/$room/}" -name '*.swift' | sort
}

start=$SECONDS
module NIOCore "$here"/NIOCore/*.swift
module BigQueryRows $(below BigQueryRows .)
module GoogleHTTP $(below GoogleHTTP Secrets Retry Endpoints Files JSON Errors/{Printable,ShellWord,HTTPError}.swift \
    Exchange/HTTP{Body,Request,Request+Validation,ResponseHead}.swift)
module GoogleOAuth $(below GoogleOAuth Clients Credentials/{AuthorizedUser{File,Credential,Credential+File},CredentialsFile}.swift DataFactory Errors \
    Store/{StoredCredential,StoredCredential+Import,PrivateFile}.swift Tokens/{AccessToken,TokenAnswer}.swift)
module BigQuery $(below BigQuery Errors Tables/{NamePath,TableReference,DatasetReference}.swift)
module SQLiteStaging $(below SQLiteStaging Tables/SQLiteName.swift Control/{StoredRecord,RecordedRun+Record}.swift \
    Database/StagingTarget.swift Errors/StagingError.swift Runs/{RecordedRun,StagingIntent,StagingStatistics}.swift)
objects=("$build"/*.o)
swiftc "${flags[@]}" -module-name Fuzzer -use-ld=lld -o "$build/fuzzer" "$here"/Targets/*.swift \
    Tests/BigQueryRowsTests/Support/Gzip.swift "${objects[@]}" -lz
echo "built in $((SECONDS - start)) s"

# What the targets are about, for the coverage.
fuzzed=(
    $(below BigQueryRows Body Conversion Decoding Errors JSON Schema/DistinctNames.swift)
    $(below GoogleHTTP Endpoints Exchange/HTTPRequest+Validation.swift Errors/Printable.swift JSON Retry/RetryAfter.swift)
    $(below GoogleOAuth Clients Credentials/{AuthorizedUser{File,Credential,Credential+File},CredentialsFile}.swift \
        DataFactory Errors/OAuthError+TokenEndpoint.swift Store/StoredCredential+Import.swift Tokens/TokenAnswer.swift)
    $(below BigQuery Errors/BigQueryError+{Answer,Reason}.swift Tables/{NamePath,TableReference,DatasetReference}.swift)
    $(below SQLiteStaging Tables/SQLiteName.swift Control/{StoredRecord,RecordedRun+Record}.swift)
)

# A broken promise is a trap, and must not wait for the backtracer. Sets and dictionaries have the same order each time.
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
        "$build/fuzzer" "${options[@]}" "$build/found/$target" "$here/Corpus/$target" >"$build/$target.log" 2>&1 || crashes=1
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
    awk -v least="$([ $# -gt 0 ] && echo 0 || echo 90)" '
        NF > 9 && $1 != "Filename" {
            printf "%-62s %5d lines %8s\n", $1, $8, $10
            if ($10 + 0 < least) { printf "covers less than %d %% of its lines\n", least; failed = 1 }
        }
        END { exit failed }'
