#!/usr/bin/env bash
# Measures an incremental append, which compares its rows with those at the boundary of the load, against a plain append
# of the same rows: the publication alone, and the whole command. Needs an idle machine.
#
# Usage: Benchmarks/boundary.sh [--rows N] [--overlap N] [--rounds N]
#   --rows N     the rows in the table (default: 1000000)
#   --overlap N  the rows of the table that are read again, with as many new ones (default: 10000)
#   --rounds N   the number of rounds after a warm-up (default: 5)
#
# BQPULL is the path of a release binary; without it, one is built.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh

case " $* " in *" --help "* | *" -h "*) usage; exit 0 ;; esac
if [ "$(uname)" != Linux ]; then
    echo "error: the benchmarks read /proc, which exists on Linux only" >&2
    exit 1
fi
require_python
require_bqpull -c release
require_swift
scratch=.build/counts
BQPULL_BENCHMARKS=1 swift build -c release --product RowBenchmark --scratch-path "$scratch" >&2
mkdir -p .build/benchmarks
exec "$python" -B Benchmarks/driver/boundary.py \
    --bqpull "$BQPULL" --micro "$scratch/release/RowBenchmark" --cache .build/benchmarks "$@"
