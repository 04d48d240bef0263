#!/usr/bin/env bash
# Counts the instructions and allocations of each stage, and fails if one exceeds its limit in counts.txt. Unlike times,
# the counts hardly depend on the load of the machine.
#
#   Benchmarks/counts.sh            compares
#   Benchmarks/counts.sh --update   rewrites the limits, with a margin
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh
require_packages valgrind
require_swift

scratch=.build/counts
BQPULL_BENCHMARKS=1 swift build -c release --product RowBenchmark --scratch-path "$scratch"
program=$scratch/row-benchmark
# valgrind cannot read the debug information of the compiler.
strip -g -o "$program" "$scratch/release/RowBenchmark"

# The difference between two numbers of pages is the cost of the pages alone.
few=4 many=8 rows=2000

instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 | sed -n 's/.*Collected : //p'
}

allocations() {
    valgrind --undef-value-errors=no --leak-check=no "$program" "$@" 2>&1 |
        sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' | tr -d ,
}

counted=$(mktemp -d)
trap 'rm -rf "$counted"' EXIT
for stage in inflate scan convert insert; do
    for shape in numbers texts nested; do
        instructions $stage $shape $few >"$counted/few" &
        more=$(instructions $stage $shape $many)
        wait $!
        per_page=$(((more - $(cat "$counted/few")) / (many - few)))
        limit=$(awk -v stage=$stage -v shape=$shape '$1 == stage && $2 == shape { print $4 }' Benchmarks/counts.txt)
        # The scheduling of threads can add allocations, so a count above the limit is repeated.
        for _ in 1 2 3; do
            allocated=$((($(allocations $stage $shape $many) - $(allocations $stage $shape $few)) / (many - few)))
            [ "$allocated" -gt "${limit:-0}" ] || break
        done
        echo "$stage $shape $((per_page / rows)) $allocated"
    done
done >"$counted/all"

if [ "${1:-}" = --update ]; then
    {
        echo "# stage, shape, limit of instructions per row, limit of allocations per page of $rows rows"
        awk '{ print $1, $2, int($3 * 1.1 + 1), $4 + 10 }' "$counted/all"
    } >Benchmarks/counts.txt
fi
awk '
    BEGIN { printf "%-8s %-8s %20s %20s\n", "stage", "shape", "instructions per row", "allocations per page" }
    /^#/ { next }
    NR == FNR { instructions[$1 $2] = $3; allocations[$1 $2] = $4; next }
    {
        printf "%-8s %-8s %8d, limit %5d %8d, limit %4d", $1, $2, $3, instructions[$1 $2], $4, allocations[$1 $2]
        isExceeded = !($1 $2 in instructions) || $3 > instructions[$1 $2] || $4 > allocations[$1 $2]
        print isExceeded ? "  EXCEEDED" : ""
        failed += isExceeded
        found += 1
    }
    END { exit failed > 0 || found != 12 }
' Benchmarks/counts.txt "$counted/all" || {
    echo "error: a stage exceeds its limit in Benchmarks/counts.txt; to raise it: Benchmarks/counts.sh --update" >&2
    exit 1
}
