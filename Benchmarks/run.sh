#!/usr/bin/env bash
# Everything side by side in one run: bqpull, its peers in Python, and the floor that nobody gets below.
#
# Usage: Benchmarks/run.sh [--quick] [--rounds N] [--output FOLDER] [--emulator BINARY]
#   --quick           tiny sizes, to see that everything works; writes to .build/benchmarks/quick
#   --rounds N        how often everything is measured (default: 5)
#   --output FOLDER   where RESULTS.md, results.json and plots/ go (default: Benchmarks)
#   --emulator BINARY the bqpull that serves the pages, if it is not the one measured
#
# BQPULL names a release binary to measure; else one is built. Leave the machine alone meanwhile.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/Examples/requirements.sh"

case " $* " in *" --help "* | *" -h "*) sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$0"; exit 0 ;; esac
if [ "$(uname)" != Linux ]; then
    echo "error: the benchmarks run on Linux only: they read /proc" >&2
    exit 1
fi
require_packages gcc libc6-dev libsqlite3-dev zlib1g-dev

python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ] || ! "$python" -c 'import ensurepip' 2>/dev/null; then
    require_packages python3 python3-venv
    python=python3
fi

cache=$root/.build/benchmarks
mkdir -p "$cache"
# The stamp is written last: an installation that was cut short is made anew.
wanted=$("$python" --version; cat "$root/Benchmarks/requirements.txt")
if [ "$wanted" != "$(cat "$cache/installed" 2>/dev/null)" ]; then
    echo "installing the peers …" >&2
    rm -rf "$cache/venv"
    "$python" -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --disable-pip-version-check --quiet -r "$root/Benchmarks/requirements.txt"
    printf '%s\n' "$wanted" >"$cache/installed"
fi

cc -O2 -Wall -Wextra -o "$cache/floor" "$root/Benchmarks/floor.c" -lsqlite3 -lz

if [ -z "${BQPULL:-}" ]; then
    require_swift
    echo "building a release binary (minutes, the first time) …" >&2
    swift build --package-path "$root" -c release --product bqpull >&2
    BQPULL="$(swift build --package-path "$root" -c release --show-bin-path)/bqpull"
fi

exec "$cache/venv/bin/python" -B "$root/Benchmarks/driver/run.py" --bqpull "$BQPULL" --cache "$cache" "$@"
