#!/usr/bin/env bash
# What a row costs in each stage, by count: instructions and allocations, which are the same on a busy machine. More than
# Benchmarks/counts.txt allows is an error.
#
#   Benchmarks/counts.sh            compares
#   Benchmarks/counts.sh --update   writes down what is counted, with a little room
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh
require_packages valgrind
require_swift

scratch=.build/counts
BQPULL_BENCHMARKS=1 swift build -c release --product RowBenchmark --scratch-path "$scratch"
program=$scratch/row-benchmark
# valgrind cannot read the compiler's debug information.
strip -g -o "$program" "$scratch/release/RowBenchmark"

# A page that comes more often costs its share more; everything else is the same.
few=4 many=8 rows=2000

instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 | sed -n 's/.*Collected : //p'
}

allocations() {
    valgrind --undef-value-errors=no --leak-check=no "$program" "$@" 2>&1 |
        sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' | tr -d ,
}

# per_page COUNTER STAGE SHAPE
per_page() {
    local less more
    less=$("$1" "$2" "$3" $few)
    more=$("$1" "$2" "$3" $many)
    echo $(((more - less) / (many - few)))
}

counted=$(mktemp)
trap 'rm -f "$counted"' EXIT
for stage in inflate scan convert insert; do
    for shape in numbers texts nested; do
        echo "$stage $shape $(($(per_page instructions $stage $shape) / rows)) $(per_page allocations $stage $shape)"
    done
done >"$counted"

if [ "${1:-}" = --update ]; then
    {
        echo "# stage, shape, instructions a row, allocations a page of $rows rows: the most that there may be"
        awk '{ print $1, $2, int($3 * 1.1 + 1), $4 + 10 }' "$counted"
    } >Benchmarks/counts.txt
fi
awk '
    BEGIN { printf "%-8s %-8s %23s %23s\n", "stage", "shape", "instructions a row", "allocations a page" }
    /^#/ { next }
    NR == FNR { instructions[$1 $2] = $3; allocations[$1 $2] = $4; next }
    {
        printf "%-8s %-8s %8d, at most %5d %8d, at most %5d", $1, $2, $3, instructions[$1 $2], $4, allocations[$1 $2]
        isMore = !($1 $2 in instructions) || $3 > instructions[$1 $2] || $4 > allocations[$1 $2]
        print isMore ? "  MORE" : ""
        failed += isMore
        found += 1
    }
    END { exit failed > 0 || found != 12 }
' Benchmarks/counts.txt "$counted" || {
    echo "a stage costs more than Benchmarks/counts.txt allows; if that is meant, Benchmarks/counts.sh --update" >&2
    exit 1
}
