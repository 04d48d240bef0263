#!/usr/bin/env bash
# Measures bqpull, its peers in Python, and the floor: SQLite and libz alone. Needs an idle machine.
#
# Usage: Benchmarks/run.sh [--quick] [--rounds N] [--output FOLDER] [--emulator BINARY]
#   --quick           tiny sizes that only show that everything works; writes to .build/benchmarks/quick
#   --rounds N        the number of rounds (default: 5)
#   --output FOLDER   the folder of RESULTS.md, results.json and plots/ (default: Benchmarks)
#   --emulator BINARY the bqpull that serves the pages (default: the measured one)
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
require_packages gcc libc6-dev libsqlite3-dev zlib1g-dev
require_python
require_bqpull -c release
root=$PWD
cache=$root/.build/benchmarks
mkdir -p "$cache"
cc -O2 -Wall -Wextra -o "$cache/floor" Benchmarks/floor.c -lsqlite3 -lz
# Paths in the options are relative to the caller's folder.
cd "$OLDPWD"
exec "$python" -B "$root/Benchmarks/driver/run.py" --bqpull "$BQPULL" --cache "$cache" "$@"
